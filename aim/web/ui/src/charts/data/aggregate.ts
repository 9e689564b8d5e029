// A group of lines as one line and a band. Members are read where they logged: at one place a column of pixels, which as
// many of them as can be share. Min and max of a column also take in every point that falls into it, so the band never
// hides a spike, not even where the members are smoothed.

import { tHalf } from '../../base/statistics'
import { visibleRange, type Series } from '../../base/series'
import { atOnce, STEP_POINTS } from './extent'
import { gapsIn, type Gaps } from './lod'
import { toValue, type Scale } from './scales'

export type LineKind = 'mean' | 'median' | 'min' | 'max'
/** `t95`: the 95 % interval of the mean by Student's t. */
export type BandKind = 'none' | 'min-max' | 't95' | 'std' | 'stderr' | 'iqr'

export interface Edges {
  readonly lo: Float64Array
  readonly hi: Float64Array
}

export interface Aggregate {
  readonly x: Float64Array
  readonly line: Float64Array
  readonly lo: Float64Array | null
  readonly hi: Float64Array | null
  /** How many members have a value at each place. */
  readonly n: Uint32Array
  /** Raw extremes of smoothed members, where the band is another one and does not reach them. */
  readonly envelope: Edges | null
  /** The two values where there are two, which say more than the spread of two; NaN elsewhere. */
  readonly pair: Edges | null
  readonly members: number
}

export interface Member {
  readonly series: Series
  /** The values to average: smoothed ones, or the last of each bucket. */
  readonly values: Float64Array
}

export interface How {
  readonly line: LineKind
  readonly band: BandKind
  /** Nothing where a member has no value. */
  readonly onlyAll?: boolean
  /** A member has no value in the gaps of its line. */
  readonly gaps?: Gaps
}

export function aggregate(members: readonly Member[], scaleX: Scale, columns: number, how: How): Aggregate {
  return atOnce(aggregateSteps(members, scaleX, columns, how))
}

/** Places that are compared to find which of a column most members share; of more the arrays that most members have. */
const MOST_PLACES = 100_000
const NO_GAPS: readonly number[] = []
/** Bands of the spread, which say little of two values. */
const SPREADS: readonly BandKind[] = ['t95', 'std', 'stderr', 'iqr']

export function* aggregateSteps(
  members: readonly Member[],
  scaleX: Scale,
  columns: number,
  { line, band, onlyAll = false, gaps = 'join' }: How,
): Generator<void, Aggregate> {
  let read = 0
  const n = Math.max(2, Math.floor(columns))
  const [r0, r1] = scaleX.range
  const [domLo, domHi] = scaleX.domain
  const logX = scaleX.kind === 'log'
  const perPixel = n / (r1 - r0)
  // A point at the very edge belongs to the column beside it.
  const columnOf = (v: number) =>
    Math.max(
      0,
      Math.min(n - 1, Math.floor((scaleX.a * ((logX ? Math.log(v) : v) - scaleX.o) + scaleX.b - r0) * perPixel)),
    )
  const x = placesOf(members, scaleX, n, columnOf)
  // Only order statistics need every value; the others are summed up, so that 10 000 members take no matrix.
  const needSort = line === 'median' || band === 'iqr'
  const matrix = needSort ? new Float64Array(members.length * n).fill(NaN) : null
  const counts = new Uint32Array(n)
  const means = new Float64Array(n)
  const squares = new Float64Array(n)
  const least = new Float64Array(n).fill(Infinity)
  const most = new Float64Array(n).fill(-Infinity)
  // Of the values alone, without the other points of the column.
  const low = new Float64Array(n).fill(Infinity)
  const high = new Float64Array(n).fill(-Infinity)
  // The same of the points themselves: smoothed members have other extremes, for the line.
  const isSmoothed = members.some((m) => m.values !== m.series.last)
  const rawLeast = isSmoothed ? new Float64Array(n).fill(Infinity) : least
  const rawMost = isSmoothed ? new Float64Array(n).fill(-Infinity) : most
  // The last finite value of a member in each column: used where it has none at the place of a column,
  // before its first point, behind its last one, or between values that are not finite.
  const own = new Float64Array(n)

  for (let m = 0; m < members.length; m++) {
    const { series, values } = members[m]!
    const xs = series.x
    if (xs.length === 0) continue
    const raw = series.last
    const min = series.min ?? raw
    const max = series.max ?? raw
    const marks = series.nonfinite
    const breaks = gaps === 'auto' || gaps === 'on' ? gapsIn(xs, gaps) : NO_GAPS
    let gap = 0
    const [from, to] = visibleRange(xs, domLo, domHi)
    if ((read += to - from + 4 * n) > STEP_POINTS) {
      read = 0
      yield
    }
    own.fill(NaN)
    for (let i = from; i < to; i++) {
      if (xs[i]! < domLo || xs[i]! > domHi) continue
      const c = columnOf(xs[i]!)
      const a = min[i]!
      const b = max[i]!
      const at = values[i]!
      if (at - at === 0) own[c] = at
      if (a - a === 0 && a < rawLeast[c]!) rawLeast[c] = a
      if (b - b === 0 && b > rawMost[c]!) rawMost[c] = b
      if (!isSmoothed) continue
      if (at < least[c]!) least[c] = at
      if (at > most[c]!) most[c] = at
    }
    let i = from
    const row = m * n
    for (let c = 0; c < n; c++) {
      const at = x[c]!
      if (!(at === at)) continue
      while (i < to && (xs[i]! < at || (xs[i] === at && i + 1 < to && xs[i + 1] === at))) i++
      while (gap < breaks.length && breaks[gap]! < i) gap++
      let v = NaN
      if (i < to) {
        // On the line that ends at point `i`, where it is drawn: not over a gap, nor over what is not finite.
        const isHere = xs[i] === at
        const isJoined = i > 0 && breaks[gap] !== i && (marks.length === 0 || !isMarked(marks, xs[i - 1]!, xs[i]!))
        if (isHere || isJoined) {
          v = isHere ? values[i]! : between(xs, values, i, at)
          if (isSmoothed) {
            const w = isHere ? raw[i]! : between(xs, raw, i, at)
            if (w - w === 0 && w < rawLeast[c]!) rawLeast[c] = w
            if (w - w === 0 && w > rawMost[c]!) rawMost[c] = w
          }
        }
      }
      if (!(v - v === 0)) v = own[c]!
      if (!(v - v === 0)) continue
      if (matrix) matrix[row + c] = v
      const k = (counts[c] = counts[c]! + 1)
      const d = v - means[c]!
      means[c] = means[c]! + d / k
      squares[c] = squares[c]! + d * (v - means[c]!)
      if (v < least[c]!) least[c] = v
      if (v > most[c]!) most[c] = v
      if (v < low[c]!) low[c] = v
      if (v > high[c]!) high[c] = v
    }
  }

  const places: number[] = []
  for (let c = 0; c < n; c++) if (x[c] === x[c]) places.push(c)
  const size = places.length
  const empty = () => new Float64Array(size).fill(NaN)
  const out = empty()
  const lo = band === 'none' ? null : empty()
  const hi = band === 'none' ? null : empty()
  const envelope = isSmoothed && band !== 'none' && band !== 'min-max' ? { lo: empty(), hi: empty() } : null
  const pair = SPREADS.includes(band) ? { lo: empty(), hi: empty() } : null
  const column = new Float64Array(members.length)
  for (let at = 0; at < size; at++) {
    const c = places[at]!
    if (matrix && (read += 8 * members.length) > STEP_POINTS) {
      read = 0
      yield
    }
    const k = counts[c]!
    if (onlyAll && k < members.length) continue
    if (matrix) {
      let filled = 0
      for (let m = 0; m < members.length; m++) {
        const v = matrix[m * n + c]!
        if (v - v === 0) column[filled++] = v
      }
    }
    const has = rawLeast[c]! <= rawMost[c]!
    if (has && envelope) {
      envelope.lo[at] = rawLeast[c]!
      envelope.hi[at] = rawMost[c]!
    }
    if (has && lo && hi && band === 'min-max') {
      lo[at] = rawLeast[c]!
      hi[at] = rawMost[c]!
    }
    if (k === 0 && (!has || isSmoothed)) continue
    if (k === 2 && pair) {
      pair.lo[at] = low[c]!
      pair.hi[at] = high[c]!
    }
    const mean = k > 0 ? means[c]! : (least[c]! + most[c]!) / 2
    const sorted = needSort ? column.subarray(0, k).sort() : column
    const q = (p: number) => (k === 0 ? mean : interpolate(sorted, k, p))
    out[at] = line === 'mean' ? mean : line === 'median' ? q(0.5) : line === 'min' ? least[c]! : most[c]!
    if (!lo || !hi || band === 'min-max') continue
    if (band === 'iqr') {
      lo[at] = q(0.25)
      hi[at] = q(0.75)
    } else {
      const d = halfOf(band, k, squares[c]!)
      lo[at] = mean - d
      hi[at] = mean + d
    }
  }
  return {
    x: Float64Array.from(places, (c) => x[c]!),
    line: out,
    lo,
    hi,
    n: Uint32Array.from(places, (c) => counts[c]!),
    envelope,
    pair,
    members: members.length,
  }
}

/** Half of a band around the mean of `n` values; NaN where they are too few for it. */
function halfOf(band: BandKind, n: number, squares: number): number {
  if (n < 2) return NaN
  // Of two values the interval is 6 times as wide as they are apart: the two say more, and leave the picture its scale.
  if (band === 't95') return n === 2 ? NaN : tHalf(n, squares)
  const std = Math.sqrt(squares / (n - 1))
  return band === 'std' ? std : std / Math.sqrt(n)
}

/**
 * One place a column where a group is read: the one that most members logged, of several the nearest to the middle of the
 * column, but at either end of the group its first and its last: what it began and ended with is what is asked most. NaN in
 * a column where nothing was logged.
 */
function placesOf(
  members: readonly Member[],
  scaleX: Scale,
  columns: number,
  columnOf: (x: number) => number,
): Float64Array {
  const [lo, hi] = scaleX.domain
  // Sequences tracked at the same steps share one array.
  const shared = new Map<Float64Array, number>()
  for (const { series } of members) shared.set(series.x, (shared.get(series.x) ?? 0) + 1)
  const arrays = [...shared].sort(([a, k], [b, l]) => l * b.length - k * a.length)
  // First and last column, and what all members that begin or end there have reached.
  let [beginColumn, endColumn] = [columns, -1]
  let [first, last] = [-Infinity, Infinity]
  for (const [xs] of arrays) {
    let [from, to] = visibleRange(xs, lo, hi)
    while (from < to && xs[from]! < lo) from++
    while (to > from && xs[to - 1]! > hi) to--
    if (from === to) continue
    const [a, b] = [xs[from]!, xs[to - 1]!]
    const [begin, end] = [columnOf(a), columnOf(b)]
    if (begin <= beginColumn) first = begin < beginColumn ? a : Math.max(first, a)
    if (end >= endColumn) last = end > endColumn ? b : Math.min(last, b)
    beginColumn = Math.min(beginColumn, begin)
    endColumn = Math.max(endColumn, end)
  }
  const wished = (c: number) => {
    if (c === endColumn) return last
    if (c === beginColumn) return first
    return toValue(scaleX, scaleX.range[0] + ((scaleX.range[1] - scaleX.range[0]) * (c + 0.5)) / columns)
  }
  const out = new Float64Array(columns).fill(NaN)
  const most = new Float64Array(columns)
  const propose = (x: number, weight: number) => {
    const c = columnOf(x)
    const isCloser = () => Math.abs(x - wished(c)) < Math.abs(out[c]! - wished(c))
    if (weight > most[c]! || (weight === most[c] && isCloser())) {
      most[c] = weight
      out[c] = x
    }
  }
  const only = arrays.length === 1
  const weights = new Map<number, number>()
  let read = 0
  for (const [xs, weight] of arrays) {
    const [from, to] = visibleRange(xs, lo, hi)
    read += to - from
    for (let i = from; i < to; i++) {
      const x = xs[i]!
      if (x < lo || x > hi) continue
      // Of too many to be compared all, the rest only fills columns that are empty.
      if (only) propose(x, weight)
      else if (read <= MOST_PLACES) weights.set(x, (weights.get(x) ?? 0) + weight)
      else {
        const c = columnOf(x)
        if (!(out[c] === out[c])) out[c] = x
      }
    }
  }
  // Where values are not finite there is something to say as well: that they are missing.
  for (const { series } of members)
    for (const [x] of series.nonfinite)
      if (x >= lo && x <= hi && (only || weights.size <= MOST_PLACES)) weights.set(x, (weights.get(x) ?? 0) + 1)
  for (const [x, weight] of weights) propose(x, weight)
  return out
}

/** Is one of the marks between two places? */
function isMarked(marks: Series['nonfinite'], begin: number, end: number): boolean {
  let lo = 0
  let hi = marks.length
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (marks[mid]![0] <= begin) lo = mid + 1
    else hi = mid
  }
  return lo < marks.length && marks[lo]![0] < end
}

/** The value at `at`, on the line that ends at point `i`. */
function between(x: Float64Array, y: Float64Array, i: number, at: number): number {
  return y[i - 1]! + ((y[i]! - y[i - 1]!) * (at - x[i - 1]!)) / (x[i]! - x[i - 1]!)
}

function interpolate(sorted: Float64Array, n: number, p: number): number {
  const at = p * (n - 1)
  const i = Math.floor(at)
  const a = sorted[i]!
  return i + 1 < n ? a + (sorted[i + 1]! - a) * (at - i) : a
}
