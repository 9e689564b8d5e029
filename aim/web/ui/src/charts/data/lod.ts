// Drawing a sequence so that no spike is lost: per bucket a vertical stroke from its minimum to its maximum, and where
// several points or buckets share a pixel column, one stroke that covers them all.

import type { Scale } from './scales'
import { medianStep, type Series } from '../../base/series'

/** What a path needs; a Path2D, a context or a test's recorder. */
export interface Pen {
  moveTo(x: number, y: number): void
  lineTo(x: number, y: number): void
}

const FAR = 1e5
/** Half the width of the mark of a lone point, which has no line to be seen by; CSS px. */
export const DOT = 2.5

export interface TraceOptions {
  readonly from: number
  readonly to: number
  readonly x: Scale
  readonly y: Scale
  /** Draw these values as a plain line instead of the buckets: the smoothed ones. */
  readonly values?: Float64Array | null
  /** Leave a gap where x jumps by more than three times the median distance. */
  readonly gaps?: boolean
  /** Receives x and y of each lone point. Without it they are part of the path: small diamonds, filled by their strokes. */
  readonly dots?: number[]
}

/** Adds a diamond to a path: wherever lines are drawn as spans of columns, or at least two pixels wide, it is a filled one. */
export function addDot(pen: Pen, x: number, y: number, r: number): void {
  pen.moveTo(x - r, y)
  pen.lineTo(x, y - r)
  pen.lineTo(x + r, y)
  pen.lineTo(x, y + r)
  pen.lineTo(x - r, y)
  pen.lineTo(x + r, y)
}

/** Adds one series to a path. Returns how many segments it added. */
export function trace(pen: Pen, s: Series, o: TraceOptions): number {
  const { from, to } = o
  const xs = s.x
  const { a: ax, b: bx, o: ox } = o.x
  const { a: ay, b: by, o: oy } = o.y
  const logX = o.x.kind === 'log'
  const logY = o.y.kind === 'log'
  const plain = o.values ?? null
  const last = plain ?? s.last
  const first = plain ? last : (s.first ?? last)
  const low = plain ? last : (s.min ?? last)
  const high = plain ? last : (s.max ?? last)
  const gapLimit = o.gaps ? 3 * medianStep(xs) : Infinity
  const marks = s.nonfinite
  let mark = 0
  if (marks.length > 0) while (mark < marks.length && from > 0 && marks[mark]![0] <= xs[from - 1]!) mark++

  const columns = Math.abs(o.x.range[1] - o.x.range[0])
  const reduce = to - from > columns * 1.25
  const bottom = Math.max(o.y.range[0], o.y.range[1]) + 4

  let segments = 0
  let down = false
  let alone = false
  let px = 0
  let py = 0
  const { dots } = o
  // The open pixel column, in pixels: y grows downwards, so its top is the smaller number.
  let column = NaN
  let cFirst = 0
  let cLast = 0
  let cTop = 0
  let cBottom = 0

  const put = (x: number, top: number, bot: number, begin: number, end: number) => {
    if (down) pen.lineTo(x, begin)
    else pen.moveTo(x, begin)
    segments++
    if (top !== bot) {
      // To the nearer end first, so that the stroke goes over the column once.
      const upFirst = Math.abs(begin - top) < Math.abs(begin - bot)
      const near = upFirst ? top : bot
      const far = upFirst ? bot : top
      if (near !== begin) pen.lineTo(x, near)
      pen.lineTo(x, far)
      if (far !== end) pen.lineTo(x, end)
      segments += 2
      // What is lower than a dot would not be seen either.
      alone = !down && Math.abs(bot - top) < 2 * DOT
    } else alone = !down
    down = true
    px = x
    py = (top + bot) / 2
  }
  const flush = () => {
    if (column === column) put(column + 0.5, cTop, cBottom, cFirst, cLast)
    column = NaN
  }
  const lift = () => {
    flush()
    if (alone) {
      if (dots) dots.push(px, py)
      else addDot(pen, px, py, DOT)
    }
    down = alone = false
  }

  for (let i = from; i < to; i++) {
    const xv = xs[i]!
    const l = last[i]!
    if (mark < marks.length && marks[mark]![0] <= xv) {
      while (mark < marks.length && marks[mark]![0] <= xv) mark++
      lift()
    }
    if (!(l - l === 0) && plain) {
      lift()
      continue
    }
    const lo = low[i]!
    const hi = high[i]!
    if (!(hi - hi === 0) || !(lo - lo === 0) || (logY && hi <= 0) || (logX && xv <= 0)) {
      lift()
      continue
    }
    if (i > from && xv - xs[i - 1]! > gapLimit) lift()
    let x = ax * ((logX ? Math.log(xv) : xv) - ox) + bx
    if (!(x > -FAR)) x = -FAR
    else if (x > FAR) x = FAR
    let top = ay * ((logY ? Math.log(hi) : hi) - oy) + by
    let bot: number
    let begin: number
    let end: number
    if (lo === hi) bot = begin = end = top
    else {
      const f = first[i]!
      bot = logY && lo <= 0 ? bottom : ay * ((logY ? Math.log(lo) : lo) - oy) + by
      begin = f - f === 0 && !(logY && f <= 0) ? ay * ((logY ? Math.log(f) : f) - oy) + by : bot
      end = l - l === 0 && !(logY && l <= 0) ? ay * ((logY ? Math.log(l) : l) - oy) + by : bot
    }
    if (top < -FAR) top = -FAR
    if (top > FAR) top = FAR
    if (bot > FAR) bot = FAR
    if (bot < -FAR) bot = -FAR
    if (begin > FAR) begin = FAR
    if (begin < -FAR) begin = -FAR
    if (end > FAR) end = FAR
    if (end < -FAR) end = -FAR

    if (!reduce) {
      put(x, top, bot, begin, end)
      continue
    }
    const c = Math.floor(x)
    if (c === column) {
      if (top < cTop) cTop = top
      if (bot > cBottom) cBottom = bot
      cLast = end
    } else {
      flush()
      column = c
      cFirst = begin
      cLast = end
      cTop = top
      cBottom = bot
    }
  }
  lift()
  return segments
}

/** The number of buckets to ask for: one bucket is at most one device pixel wide. */
export function bucketsFor(plotWidth: number, devicePixelRatio: number): number {
  const pixels = plotWidth * devicePixelRatio
  for (const n of [256, 512, 1024, 2048]) if (pixels <= n) return n
  return 4096
}
