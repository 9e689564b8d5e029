// A group of lines as one line and a band. Members are read at a shared grid of columns; min and max of a column also
// take in every point that falls into it, so the band never hides a spike.

import { atOnce, STEP_POINTS } from './extent'
import { toValue, type Scale } from './scales'
import { visibleRange, type Series } from './series'

export type LineKind = 'mean' | 'median' | 'min' | 'max'
export type BandKind = 'none' | 'min-max' | 'std' | 'stderr' | 'iqr'

export interface Aggregate {
  readonly x: Float64Array
  readonly line: Float64Array
  readonly lo: Float64Array | null
  readonly hi: Float64Array | null
  readonly members: number
}

export interface Member {
  readonly series: Series
  /** The values to average: smoothed ones, or the last of each bucket. */
  readonly values: Float64Array
}

export function aggregate(members: readonly Member[], scaleX: Scale, columns: number, line: LineKind, band: BandKind): Aggregate {
  return atOnce(aggregateSteps(members, scaleX, columns, line, band))
}

export function* aggregateSteps(members: readonly Member[], scaleX: Scale, columns: number, line: LineKind, band: BandKind): Generator<void, Aggregate> {
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
  const logX = scaleX.kind === 'log'
  const perPixel = n / (r1 - r0)
  // The last finite value of a member in each column: what stands for it where it has none at the middle of a column,
  // before its first point, behind its last one, or between values that are not finite.
  const own = new Float64Array(n)

  for (let m = 0; m < members.length; m++) {
    const { series, values } = members[m]!
    const xs = series.x
    if (xs.length === 0) continue
    const raw = values === series.last
    const min = raw ? (series.min ?? values) : values
    const max = raw ? (series.max ?? values) : values
    const [from, to] = visibleRange(xs, domLo, domHi)
    if ((read += to - from + 4 * n) > STEP_POINTS) {
      read = 0
      yield
    }
    own.fill(NaN)
    for (let i = from; i < to; i++) {
      if (xs[i]! < domLo || xs[i]! > domHi) continue
      // A point at the very edge belongs to the column beside it.
      const c = Math.max(0, Math.min(n - 1, Math.floor((scaleX.a * (logX ? Math.log(xs[i]!) : xs[i]!) + scaleX.b - r0) * perPixel)))
      const a = min[i]!
      const b = max[i]!
      const at = values[i]!
      if (at - at === 0) own[c] = at
      if (a - a === 0 && a < least[c]!) least[c] = a
      if (b - b === 0 && b > most[c]!) most[c] = b
    }
    let i = from
    const row = m * n
    for (let c = 0; c < n; c++) {
      const at = x[c]!
      while (i < to && xs[i]! < at) i++
      let v = NaN
      if (i < to) {
        if (xs[i] === at) v = values[i]!
        else if (i > 0) v = values[i - 1]! + ((values[i]! - values[i - 1]!) * (at - xs[i - 1]!)) / (xs[i]! - xs[i - 1]!)
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
    const has = least[c]! <= most[c]!
    if (k === 0 && !has) continue
    const mean = k > 0 ? means[c]! : (least[c]! + most[c]!) / 2
    const sorted = needSort ? column.subarray(0, k).sort() : column
    const q = (p: number) => (k === 0 ? mean : interpolate(sorted, k, p))
    out[c] = line === 'mean' ? mean : line === 'median' ? q(0.5) : line === 'min' ? least[c]! : most[c]!
    if (!lo || !hi) continue
    if (band === 'min-max') {
      lo[c] = least[c]!
      hi[c] = most[c]!
    } else if (band === 'iqr') {
      lo[c] = q(0.25)
      hi[c] = q(0.75)
    } else {
      const std = k > 1 ? Math.sqrt(squares[c]! / (k - 1)) : 0
      const d = band === 'std' ? std : std / Math.sqrt(Math.max(1, k))
      lo[c] = mean - d
      hi[c] = mean + d
    }
  }
  return { x, line: out, lo, hi, members: members.length }
}

function interpolate(sorted: Float64Array, n: number, p: number): number {
  const at = p * (n - 1)
  const i = Math.floor(at)
  const a = sorted[i]!
  return i + 1 < n ? a + (sorted[i + 1]! - a) * (at - i) : a
}
