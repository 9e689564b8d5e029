// A group of lines as one line and a band. Members are read at a shared grid of columns; min and max of a column also
// take in every point that falls into it, so the band never hides a spike, not even where the members are smoothed.

import { atOnce, STEP_POINTS } from './extent'
import { toValue, type Scale } from './scales'
import { visibleRange, type Series } from '../../base/series'

export type LineKind = 'mean' | 'median' | 'min' | 'max'
export type BandKind = 'none' | 'min-max' | 'std' | 'stderr' | 'iqr'

export interface Edges {
  readonly lo: Float64Array
  readonly hi: Float64Array
}

export interface Aggregate {
  readonly x: Float64Array
  readonly line: Float64Array
  readonly lo: Float64Array | null
  readonly hi: Float64Array | null
  /** Raw extremes of smoothed members, where the band is another one and does not reach them. */
  readonly envelope: Edges | null
  readonly members: number
}

export interface Member {
  readonly series: Series
  /** The values to average: smoothed ones, or the last of each bucket. */
  readonly values: Float64Array
}

export function aggregate(
  members: readonly Member[],
  scaleX: Scale,
  columns: number,
  line: LineKind,
  band: BandKind,
): Aggregate {
  return atOnce(aggregateSteps(members, scaleX, columns, line, band))
}

export function* aggregateSteps(
  members: readonly Member[],
  scaleX: Scale,
  columns: number,
  line: LineKind,
  band: BandKind,
): Generator<void, Aggregate> {
  let read = 0
  const n = Math.max(2, Math.floor(columns))
  const x = new Float64Array(n)
  const [r0, r1] = scaleX.range
  for (let c = 0; c < n; c++) x[c] = toValue(scaleX, r0 + ((r1 - r0) * (c + 0.5)) / n)
  const [domLo, domHi] = scaleX.domain
  // Only order statistics need every value; the others are summed up, so that 10 000 members take no matrix.
  const needSort = line === 'median' || band === 'iqr'
  const matrix = needSort ? new Float64Array(members.length * n).fill(NaN) : null
  const counts = new Uint32Array(n)
  const means = new Float64Array(n)
  const squares = new Float64Array(n)
  const least = new Float64Array(n).fill(Infinity)
  const most = new Float64Array(n).fill(-Infinity)
  // The same of the points themselves: smoothed members have other extremes, for the line.
  const isSmoothed = members.some((m) => m.values !== m.series.last)
  const rawLeast = isSmoothed ? new Float64Array(n).fill(Infinity) : least
  const rawMost = isSmoothed ? new Float64Array(n).fill(-Infinity) : most
  const logX = scaleX.kind === 'log'
  const perPixel = n / (r1 - r0)
  // The last finite value of a member in each column: used where it has none at the middle of a column,
  // before its first point, behind its last one, or between values that are not finite.
  const own = new Float64Array(n)

  for (let m = 0; m < members.length; m++) {
    const { series, values } = members[m]!
    const xs = series.x
    if (xs.length === 0) continue
    const raw = series.last
    const min = series.min ?? raw
    const max = series.max ?? raw
    const [from, to] = visibleRange(xs, domLo, domHi)
    if ((read += to - from + 4 * n) > STEP_POINTS) {
      read = 0
      yield
    }
    own.fill(NaN)
    for (let i = from; i < to; i++) {
      if (xs[i]! < domLo || xs[i]! > domHi) continue
      // A point at the very edge belongs to the column beside it.
      const c = Math.max(
        0,
        Math.min(
          n - 1,
          Math.floor((scaleX.a * ((logX ? Math.log(xs[i]!) : xs[i]!) - scaleX.o) + scaleX.b - r0) * perPixel),
        ),
      )
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
      while (i < to && xs[i]! < at) i++
      let v = NaN
      if (i < to) {
        v = readAt(xs, values, i, at)
        if (isSmoothed) {
          const w = readAt(xs, raw, i, at)
          if (w - w === 0 && w < rawLeast[c]!) rawLeast[c] = w
          if (w - w === 0 && w > rawMost[c]!) rawMost[c] = w
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
    }
  }

  const out = new Float64Array(n).fill(NaN)
  const lo = band === 'none' ? null : new Float64Array(n).fill(NaN)
  const hi = band === 'none' ? null : new Float64Array(n).fill(NaN)
  const envelope =
    isSmoothed && band !== 'none' && band !== 'min-max'
      ? { lo: new Float64Array(n).fill(NaN), hi: new Float64Array(n).fill(NaN) }
      : null
  const column = new Float64Array(members.length)
  for (let c = 0; c < n; c++) {
    if (matrix && (read += 8 * members.length) > STEP_POINTS) {
      read = 0
      yield
    }
    const k = counts[c]!
    if (matrix) {
      let at = 0
      for (let m = 0; m < members.length; m++) {
        const v = matrix[m * n + c]!
        if (v - v === 0) column[at++] = v
      }
    }
    const has = rawLeast[c]! <= rawMost[c]!
    if (has && envelope) {
      envelope.lo[c] = rawLeast[c]!
      envelope.hi[c] = rawMost[c]!
    }
    if (has && lo && hi && band === 'min-max') {
      lo[c] = rawLeast[c]!
      hi[c] = rawMost[c]!
    }
    if (k === 0 && (!has || isSmoothed)) continue
    const mean = k > 0 ? means[c]! : (least[c]! + most[c]!) / 2
    const sorted = needSort ? column.subarray(0, k).sort() : column
    const q = (p: number) => (k === 0 ? mean : interpolate(sorted, k, p))
    out[c] = line === 'mean' ? mean : line === 'median' ? q(0.5) : line === 'min' ? least[c]! : most[c]!
    if (!lo || !hi || band === 'min-max') continue
    if (band === 'iqr') {
      lo[c] = q(0.25)
      hi[c] = q(0.75)
    } else {
      const std = k > 1 ? Math.sqrt(squares[c]! / (k - 1)) : 0
      const d = band === 'std' ? std : std / Math.sqrt(Math.max(1, k))
      lo[c] = mean - d
      hi[c] = mean + d
    }
  }
  return { x, line: out, lo, hi, envelope, members: members.length }
}

/** The value at `at`, on the line that ends at point `i`; NaN before the first point. */
function readAt(x: Float64Array, y: Float64Array, i: number, at: number): number {
  if (x[i] === at) return y[i]!
  return i > 0 ? y[i - 1]! + ((y[i]! - y[i - 1]!) * (at - x[i - 1]!)) / (x[i]! - x[i - 1]!) : NaN
}

function interpolate(sorted: Float64Array, n: number, p: number): number {
  const at = p * (n - 1)
  const i = Math.floor(at)
  const a = sorted[i]!
  return i + 1 < n ? a + (sorted[i + 1]! - a) * (at - i) : a
}
