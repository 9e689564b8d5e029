// Drawing a sequence so that no spike is lost: per bucket a vertical stroke from its minimum to its maximum, and where
// several points or buckets share a pixel column, one stroke that covers them all.

import type { Scale } from './scales'
import { cadenceOf, type Series } from '../../base/series'

/** What a path needs; a Path2D, a context or a test's recorder. */
export interface Pen {
  moveTo(x: number, y: number): void
  lineTo(x: number, y: number): void
}

const FAR = 1e5
/** Half the width of the mark of a lone point, which has no line to be seen by; CSS px. */
export const DOT = 2.5

/**
 * What is done where x jumps by more than three times the median distance. `auto`: a gap in lines that are regular, the
 * others have none. `on`: a gap in every line. `off`: dashes in lines that are regular. `join`: nothing.
 */
export type Gaps = 'auto' | 'on' | 'off' | 'join'

/** The positions before which there is a gap, or the dashes in its place. */
export function gapsIn(x: Float64Array, mode: Gaps): readonly number[] {
  if (mode === 'join') return NONE
  const { gaps, isRegular } = cadenceOf(x)
  return isRegular || mode === 'on' ? gaps : NONE
}

const NONE: readonly number[] = []
/** A dash and what is between two of them, CSS px. */
const DASH_PX = 3

export interface TraceOptions {
  readonly from: number
  readonly to: number
  readonly x: Scale
  readonly y: Scale
  /** Draw these values as a plain line instead of the buckets: the smoothed ones. */
  readonly values?: Float64Array | null
  readonly gaps?: Gaps
  /** Device pixels for one of CSS, where the scales are of device pixels. */
  readonly ratio?: number
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

/** The strokes of one series: each covers what is at one x, or in one pixel column, and is joined to the one before. */
class Strokes {
  segments = 0
  private isDown = false
  /** Nothing is joined to the last stroke yet. */
  private isAlone = false
  private px = 0
  private py = 0
  private endY = 0
  private isBridge = false
  // The open pixel column, in pixels: y grows downwards, so its top is the smaller number.
  private column = NaN
  private first = 0
  private last = 0
  private top = 0
  private bottom = 0

  constructor(
    private readonly pen: Pen,
    private readonly dots: number[] | undefined,
    private readonly left: number,
    private readonly right: number,
    /** Length of a dash, in pixels. */
    private readonly dash: number,
  ) {}

  /** A stroke from `top` to `bottom`, which comes from `begin` and goes on at `end`. */
  put(x: number, top: number, bottom: number, begin: number, end: number): void {
    const { pen } = this
    if (this.isDown && this.isBridge) this.dashTo(x, begin)
    else if (this.isDown) pen.lineTo(x, begin)
    else pen.moveTo(x, begin)
    this.isBridge = false
    this.segments++
    this.isAlone = !this.isDown
    if (top !== bottom) {
      // To the nearer end first, so that the stroke goes over the column once.
      const upFirst = Math.abs(begin - top) < Math.abs(begin - bottom)
      const near = upFirst ? top : bottom
      const far = upFirst ? bottom : top
      if (near !== begin) pen.lineTo(x, near)
      pen.lineTo(x, far)
      if (far !== end) pen.lineTo(x, end)
      this.segments += 2
      // What is lower than a dot would not be seen either.
      this.isAlone &&= Math.abs(bottom - top) < 2 * DOT
    }
    this.isDown = true
    this.px = x
    this.py = (top + bottom) / 2
    this.endY = end
  }

  /** What comes next is joined by dashes: nothing was logged between. */
  bridge(): void {
    this.closeColumn()
    this.isBridge = true
  }

  private dashTo(x: number, y: number): void {
    const { pen, px, endY, left, right, dash } = this
    const length = Math.hypot(x - px, y - endY)
    const at = (d: number): readonly [number, number] => [
      px + ((x - px) * d) / length,
      endY + ((y - endY) * d) / length,
    ]
    // Only what can be seen: the other end may be far outside.
    const share = (edge: number) => (x > px ? Math.min(1, Math.max(0, (edge - px) / (x - px))) : 1)
    const from = Math.floor((share(left) * length) / (2 * dash)) * 2 * dash
    const to = share(right) * length
    for (let d = from; d < to && length > 0; d += 2 * dash) {
      const [ax, ay] = at(d)
      const [bx, by] = at(Math.min(length, d + dash))
      pen.moveTo(ax, ay)
      pen.lineTo(bx, by)
      this.segments++
    }
    pen.moveTo(x, y)
  }

  /** As `put`, with all that falls into one pixel column as one stroke. */
  putInColumn(x: number, top: number, bottom: number, begin: number, end: number): void {
    const column = Math.floor(x)
    if (column === this.column) {
      if (top < this.top) this.top = top
      if (bottom > this.bottom) this.bottom = bottom
      this.last = end
      return
    }
    this.closeColumn()
    this.column = column
    this.first = begin
    this.last = end
    this.top = top
    this.bottom = bottom
  }

  /** What comes next is not joined to what was. */
  lift(): void {
    this.closeColumn()
    if (this.isAlone) {
      if (this.dots) this.dots.push(this.px, this.py)
      else addDot(this.pen, this.px, this.py, DOT)
    }
    this.isDown = this.isAlone = this.isBridge = false
  }

  private closeColumn(): void {
    if (this.column === this.column) this.put(this.column + 0.5, this.top, this.bottom, this.first, this.last)
    this.column = NaN
  }
}

function clamped(pixel: number): number {
  return pixel > FAR ? FAR : pixel < -FAR ? -FAR : pixel
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
  const positive = plain ? undefined : s.positive
  const gaps = o.gaps ? gapsIn(xs, o.gaps) : NONE
  const isBridged = o.gaps === 'off'
  let gap = 0
  while (gap < gaps.length && gaps[gap]! <= from) gap++
  const marks = s.nonfinite
  let mark = 0
  if (from > 0) while (mark < marks.length && marks[mark]![0] <= xs[from - 1]!) mark++

  const columns = Math.abs(o.x.range[1] - o.x.range[0])
  const isDense = to - from > columns * 1.25
  const floor = Math.max(o.y.range[0], o.y.range[1]) + 4
  const strokes = new Strokes(pen, o.dots, o.x.range[0], o.x.range[1], DASH_PX * (o.ratio ?? 1))
  const yOf = (v: number) => ay * ((logY ? Math.log(v) : v) - oy) + by

  for (let i = from; i < to; i++) {
    const xv = xs[i]!
    if (mark < marks.length && marks[mark]![0] <= xv) {
      while (mark < marks.length && marks[mark]![0] <= xv) mark++
      strokes.lift()
    }
    const l = last[i]!
    const lo = low[i]!
    const hi = high[i]!
    // `v - v` is 0 for finite values only.
    if (!(hi - hi === 0) || !(lo - lo === 0) || (logY && hi <= 0) || (logX && xv <= 0)) {
      strokes.lift()
      continue
    }
    if (i === gaps[gap]) {
      gap++
      if (isBridged) strokes.bridge()
      else strokes.lift()
    }
    const px = ax * ((logX ? Math.log(xv) : xv) - ox) + bx
    // Also what is not a number goes to the left edge.
    const x = px > -FAR ? clamped(px) : -FAR
    const top = yOf(hi)
    let bottom = top
    let begin = top
    let end = top
    if (lo !== hi) {
      const f = first[i]!
      // What is not above 0 has no place: the stroke begins at the lowest value that has one, as far as that is known.
      bottom = logY && lo <= 0 ? (positive ? yOf(positive[i]!) : floor) : yOf(lo)
      begin = f - f === 0 && !(logY && f <= 0) ? yOf(f) : bottom
      end = l - l === 0 && !(logY && l <= 0) ? yOf(l) : bottom
    }
    if (isDense) strokes.putInColumn(x, clamped(top), clamped(bottom), clamped(begin), clamped(end))
    else strokes.put(x, clamped(top), clamped(bottom), clamped(begin), clamped(end))
  }
  strokes.lift()
  return strokes.segments
}

/** The number of buckets to ask for: one bucket is at most one device pixel wide. */
export function bucketsFor(plotWidth: number, devicePixelRatio: number): number {
  const pixels = plotWidth * devicePixelRatio
  for (const n of [256, 512, 1024, 2048]) if (pixels <= n) return n
  return 4096
}
