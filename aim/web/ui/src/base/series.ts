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

const medians = new WeakMap<Float64Array, number>()

/** Median distance between neighbours; 0 where there are none. */
export function medianStep(x: Float64Array): number {
  const known = medians.get(x)
  if (known !== undefined) return known
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
