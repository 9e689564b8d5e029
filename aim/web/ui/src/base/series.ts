// One sequence as a chart holds it: typed arrays only, no object per point.

export interface Series {
  readonly id: string
  readonly run: string
  readonly name: string
  readonly context: Readonly<Record<string, unknown>>
  readonly x: Float64Array
  /** Last value of each bucket; the value itself where a bucket is one point. */
  readonly last: Float64Array
  readonly first: Float64Array | null
  readonly min: Float64Array | null
  readonly max: Float64Array | null
  readonly count: Float64Array | null
  readonly smooth: Float64Array | null
  /** On a logarithmic y axis, of buckets: the lowest value above 0, infinite where there is none. */
  readonly positive?: Float64Array
  /** The same, how many points are not above 0. */
  readonly hidden?: Float64Array
  /** Points in the requested range. */
  readonly total: number
  /** Every point of the range is here. */
  readonly exact: boolean
  readonly nonfinite: readonly (readonly [number, string])[]
  readonly nonfiniteTotal: number
  /** Points without a place on the x axis. */
  readonly unplaced?: number
  /** Points at steps so large that they have the place of the point before. */
  readonly merged?: number
  /** Points at steps beyond 2^53 that are drawn next to their place: no float64 is exact there. */
  readonly rounded?: number
  /** Where a later attempt of the run begins. */
  readonly resumed?: readonly number[]
  /** Of a sequence that was asked for from a position on: how many points come before. */
  readonly before?: number
}

/** First index with x[i] >= value. */
export function lowerBound(x: ArrayLike<number>, value: number): number {
  let lo = 0
  let hi = x.length
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (x[mid]! < value) lo = mid + 1
    else hi = mid
  }
  return lo
}

/** The first positive x, where a logarithmic axis begins; Infinity where there is none. */
export function leastPositive(x: ArrayLike<number>): number {
  const i = lowerBound(x, Number.MIN_VALUE)
  return i < x.length ? x[i]! : Infinity
}

/** The indexes to draw for a visible range: those inside, and one neighbour on each side so that lines reach the edge. */
export function visibleRange(x: ArrayLike<number>, lo: number, hi: number): [number, number] {
  const from = Math.max(0, lowerBound(x, lo) - 1)
  let to = lowerBound(x, hi)
  while (to < x.length && x[to]! <= hi) to++
  return [from, Math.min(x.length, to + 1)]
}

/** How positions are spread. */
export interface Cadence {
  /** Median distance between neighbours; 0 where there are none. */
  readonly step: number
  /** Nearly all distances are about that long: a longer one is a gap. */
  readonly isRegular: boolean
  /** The positions whose distance to the one before is more than three of those. */
  readonly gaps: readonly number[]
}

/** Of the distances, how many are like the median of them where a sequence is regular. */
const REGULAR = 0.8
const GAP = 3
const cadences = new WeakMap<Float64Array, Cadence>()

export function cadenceOf(x: Float64Array): Cadence {
  let known = cadences.get(x)
  if (!known) cadences.set(x, (known = findCadence(x)))
  return known
}

function findCadence(x: Float64Array): Cadence {
  const step = medianStep(x)
  const gaps: number[] = []
  let all = 0
  let like = 0
  for (let i = 1; i < x.length; i++) {
    const d = x[i]! - x[i - 1]!
    if (!(d > 0)) continue
    all++
    if (d > GAP * step) gaps.push(i)
    else if (d >= step / 2 && d <= 2 * step) like++
  }
  return { step, isRegular: like >= REGULAR * all, gaps }
}

const medians = new WeakMap<Float64Array, number>()

/** Median distance between neighbours; 0 where there are none. */
export function medianStep(x: Float64Array): number {
  const known = medians.get(x)
  if (known !== undefined) return known
  const even = evenStep(x)
  if (even > 0) {
    medians.set(x, even)
    return even
  }
  const d = new Float64Array(Math.max(0, x.length - 1))
  let n = 0
  for (let i = 1; i < x.length; i++) {
    const gap = x[i]! - x[i - 1]!
    if (gap > 0) d[n++] = gap
  }
  const sorted = d.subarray(0, n).sort()
  const median = n === 0 ? 0 : n % 2 === 1 ? sorted[n >> 1]! : (sorted[n / 2 - 1]! + sorted[n / 2]!) / 2
  medians.set(x, median)
  return median
}

/** The distance that more than half of the neighbours have, which is then the median, found without sorting; else 0. */
function evenStep(x: Float64Array): number {
  // Of all distances, only this one can be more than half (Boyer and Moore).
  let candidate = 0
  let votes = 0
  for (let i = 1; i < x.length; i++) {
    const d = x[i]! - x[i - 1]!
    if (!(d > 0)) continue
    if (votes === 0) candidate = d
    votes += d === candidate ? 1 : -1
  }
  let all = 0
  let equal = 0
  for (let i = 1; i < x.length; i++) {
    const d = x[i]! - x[i - 1]!
    if (!(d > 0)) continue
    all++
    if (d === candidate) equal++
  }
  return 2 * equal > all ? candidate : 0
}
