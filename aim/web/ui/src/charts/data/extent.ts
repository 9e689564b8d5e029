// What is in sight: the y range, what an axis hides, what the outlier rule clips.

import { valueAt } from './nearest'
import { visibleRange, type Series } from '../../base/series'

export type Outliers = 'auto' | 'off' | 'p1-p99' | readonly [number, number]

export interface Extent {
  readonly lo: number
  readonly hi: number
  readonly p1: number
  readonly p99: number
  /** Points with a value <= 0, which a log axis cannot show. */
  readonly notPositive: number
  /** notPositive is a lower bound, because some came as buckets. */
  readonly atLeast: boolean
  readonly points: number
}

const SAMPLE = 20_000
/** Points read between two looks at the clock. */
export const STEP_POINTS = 60_000

/** Runs work that comes in steps to its end at once. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const r = steps.next()
    if (r.done) return r.value
  }
}

/** What is drawn strongest of a line: its points from lowest to highest, or the smoothed values. */
export interface Fitted {
  readonly x: Float64Array
  readonly last: Float64Array
  readonly min: Float64Array
  readonly max: Float64Array
  readonly count: Float64Array | null
  readonly positive?: Float64Array
  readonly hidden?: Float64Array
}

const smoothedOnes = new WeakMap<Float64Array, Fitted>()
const rawOnes = new WeakMap<Series, Fitted>()

/** `values`: the smoothed ones, or the last of each bucket where the points themselves are drawn. */
export function fittedOf(series: Series, values: Float64Array = series.last): Fitted {
  const isRaw = values === series.last
  let known = isRaw ? rawOnes.get(series) : smoothedOnes.get(values)
  if (known) return known
  const { x, last } = series
  known = isRaw
    ? {
        x,
        last,
        min: series.min ?? last,
        max: series.max ?? last,
        count: series.count,
        ...(series.positive ? { positive: series.positive, hidden: series.hidden! } : {}),
      }
    : { x, last: values, min: values, max: values, count: null }
  if (isRaw) rawOnes.set(series, known)
  else smoothedOnes.set(values, known)
  return known
}

/** The extent of the visible part of `series`. With `log`, values <= 0 are left out and counted. */
export function extentOf(series: readonly Series[], lo: number, hi: number, log: boolean): Extent {
  return atOnce(
    extentSteps(
      series.map((s) => fittedOf(s)),
      lo,
      hi,
      log,
    ),
  )
}

/** Smallest and largest of a part of a series, and what a log axis leaves out of it. */
interface Span {
  readonly lo: number
  readonly hi: number
  /** Smallest value that a log axis shows. */
  readonly positive: number
  readonly notPositive: number
  readonly atLeast: boolean
}

const whole = new WeakMap<Fitted, Span>()

/** The same of all of a series, which is found once: most pictures show series from end to end. */
function wholeSpan(s: Fitted): Span {
  let known = whole.get(s)
  if (!known) whole.set(s, (known = readSpan(s, 0, s.x.length)))
  return known
}

/** The lowest value of a series, or of its buckets. */
export function lowestOf(s: Series): number {
  return wholeSpan(fittedOf(s)).lo
}

function readSpan(s: Fitted, from: number, to: number): Span {
  const { min, max } = s
  let lo = Infinity
  let hi = -Infinity
  let positive = Infinity
  let notPositive = 0
  let atLeast = false
  for (let i = from; i < to; i++) {
    const a = min[i]!
    const b = max[i]!
    if (a - a !== 0 || b - b !== 0) continue
    if (b > hi) hi = b
    if (a < lo) lo = a
    if (a > 0) {
      if (a < positive) positive = a
    } else if (b <= 0) notPositive += s.count ? s.count[i]! : 1
    else {
      notPositive += s.hidden?.[i] ?? 1
      atLeast ||= !s.hidden
      const least = s.positive?.[i] ?? b
      if (least < positive) positive = least
    }
  }
  return { lo, hi, positive, notPositive, atLeast }
}

export function* extentSteps(lines: readonly Fitted[], lo: number, hi: number, log: boolean): Generator<void, Extent> {
  let read = 0
  let low = Infinity
  let high = -Infinity
  let notPositive = 0
  let atLeast = false
  let points = 0
  for (const s of lines) {
    const [from, to] = inside(s, lo, hi)
    points += to - from
    if ((read += to - from) > STEP_POINTS) {
      read = 0
      yield
    }
    const isWhole = from === 0 && to === s.x.length
    const span = isWhole ? wholeSpan(s) : readSpan(s, from, to)
    // Between two points a line is seen too, where it enters and where it leaves.
    if (!isWhole)
      for (const at of [lo, hi]) {
        const v = valueAt(s.x, s.last, at)
        if (!(v - v === 0) || (log && v <= 0)) continue
        if (v < low) low = v
        if (v > high) high = v
      }
    if (span.hi > high) high = span.hi
    const least = log ? span.positive : span.lo
    if (least < low) low = least
    if (!log) continue
    notPositive += span.notPositive
    atLeast ||= span.atLeast
  }
  // Percentiles come from an even sample; they only decide about clipping, never about what is drawn inside.
  const stride = Math.max(1, Math.floor((points * 2) / SAMPLE))
  const sample = new Float64Array(Math.ceil((points * 2) / stride) + lines.length * 2 + 2)
  let n = 0
  let k = 0
  let skip = 0
  for (const s of lines) {
    const [from, to] = inside(s, lo, hi)
    const { min, max } = s
    let i = from + skip
    for (; i < to; i += stride) {
      const v = k++ & 1 ? min[i]! : max[i]!
      if (v - v === 0 && !(log && v <= 0) && n < sample.length) sample[n++] = v
    }
    skip = i - to
  }
  yield
  const sorted = sample.subarray(0, n).sort()
  const at = (q: number) => (n === 0 ? NaN : sorted[Math.min(n - 1, Math.max(0, Math.round(q * (n - 1))))]!)
  return { lo: low, hi: high, p1: at(0.01), p99: at(0.99), notPositive, atLeast, points }
}

function inside(s: Fitted, lo: number, hi: number): [number, number] {
  const { x } = s
  const n = x.length
  if (n > 0 && x[0]! >= lo && x[n - 1]! <= hi) return [0, n]
  let [from, to] = visibleRange(x, lo, hi)
  while (from < to && x[from]! < lo) from++
  while (to > from && x[to - 1]! > hi) to--
  return [from, to]
}

/** The y range to show, and whether it clips. How far outside is measured on the axis: on a logarithmic one in decades. */
export function shownRange(e: Extent, outliers: Outliers, log = false): { lo: number; hi: number; clips: boolean } {
  if (Array.isArray(outliers)) return { lo: outliers[0] as number, hi: outliers[1] as number, clips: true }
  const to = (v: number) => (log ? Math.log(v) : v)
  const from = (v: number) => (log ? Math.exp(v) : v)
  const [p1, p99] = [to(e.p1), to(e.p99)]
  const spread = p99 - p1
  const clips = outliers === 'p1-p99' || (outliers === 'auto' && spread > 0 && to(e.hi) - to(e.lo) > 5 * spread)
  if (!clips || !(spread > 0)) return { lo: e.lo, hi: e.hi, clips: false }
  return { lo: Math.max(e.lo, from(p1 - spread * 0.05)), hi: Math.min(e.hi, from(p99 + spread * 0.05)), clips: true }
}

/** How many points of the visible part are outside [yLo, yHi]. A bucket counts once; what a log axis hides does not. */
export function countClipped(
  series: readonly Series[],
  lo: number,
  hi: number,
  yLo: number,
  yHi: number,
  log = false,
): number {
  return atOnce(
    clippedSteps(
      series.map((s) => fittedOf(s)),
      lo,
      hi,
      yLo,
      yHi,
      log,
    ),
  )
}

export function* clippedSteps(
  lines: readonly Fitted[],
  lo: number,
  hi: number,
  yLo: number,
  yHi: number,
  log: boolean,
): Generator<void, number> {
  let n = 0
  let read = 0
  for (const s of lines) {
    const [from, to] = inside(s, lo, hi)
    const { min, max } = s
    if ((read += to - from) > STEP_POINTS) {
      read = 0
      yield
    }
    for (let i = from; i < to; i++) if ((min[i]! < yLo && !(log && min[i]! <= 0)) || max[i]! > yHi) n++
  }
  return n
}
