// Smoothing of what is here in full; aim/index/points/smoothing.py does the same, to 1e-9, for what is not.

import type { Smoothing, SmoothingKind } from '../../base/api/types'
import { medianStep } from '../../base/series'

/** The largest amount of each kind. */
export const MOST: Record<SmoothingKind, number> = { ema: 0.999, gaussian: 100, mean: 1000 }
/** The same, as people read it. */
export const SMOOTHING_LABELS: Record<SmoothingKind, string> = {
  ema: 'ema',
  gaussian: 'gaussian',
  mean: 'running mean',
}

/** Standard deviations beyond which a Gaussian counts nothing. */
const FAR = 4
/** What is further away by less than this share counts as on the edge of a window. */
const EDGE = 1e-9

/** A curve with fewer points in what is averaged stays as it is: lone values would be mixed with far ones. */
const LEAST_POINTS = 3
/** Up to this many distances between its points, a curve counts as sampled like the densest one. */
const LIKE = 1.5

/** Over how much of x is averaged, in its unit: that of a running mean with as many points. */
export function smoothingSpan({ kind, amount }: Smoothing, distance: number): number {
  if (kind === 'ema') return (distance * (1 + amount)) / (1 - amount)
  return distance * amount * (kind === 'gaussian' ? 4 : 1)
}

/**
 * The distance over which all curves of a chart are smoothed: the smallest of the median distances between their points.
 * Whole and half numbers are steps and stay as they are; others, such as seconds, change a little with each point that
 * comes, and have two digits. 0 where no curve has two points.
 */
export function commonDistance(all: Iterable<{ readonly x: Float64Array }>): number {
  let least = Infinity
  for (const { x } of all) {
    const own = medianStep(x)
    if (own > 0 && own < least) least = own
  }
  if (least === Infinity) return 0
  return Number.isInteger(2 * least) ? least : Number(least.toPrecision(2))
}

/** How many times what 98 % of the values span all of them must span, for some to be far. */
const FAR_SPAN = 5
/** Of the span of 98 %, how much further values still count. */
const FAR_PAD = 0.05

/** The values without those far outside of the first and the last percent: NaN; `y` itself where none is. */
export function trimmed(y: Float64Array): Float64Array {
  const sorted = y.filter((v) => v - v === 0).sort()
  const n = sorted.length
  if (n < 3) return y
  const at = (q: number) => sorted[Math.floor(q * (n - 1) + 0.5)]!
  const [p1, p99] = [at(0.01), at(0.99)]
  const spread = p99 - p1
  if (!(spread > 0) || !(sorted[n - 1]! - sorted[0]! > FAR_SPAN * spread)) return y
  const [lo, hi] = [p1 - FAR_PAD * spread, p99 + FAR_PAD * spread]
  return y.map((v) => (v < lo || v > hi ? NaN : v))
}

/** What was left out has the average of before it, so that the line goes on. */
function carried(out: Float64Array, y: Float64Array): Float64Array {
  let last = out.find((v) => v - v === 0) ?? NaN
  for (let i = 0; i < out.length; i++) {
    if (out[i]! - out[i]! === 0) last = out[i]!
    else if (y[i]! - y[i]! === 0) out[i] = last
  }
  return out
}

/** Growth of a live curve changes the distance by less: the picture stays. */
const SAME = 0.2

/** The distance to go on with, of one that was found before and one that is found now. */
export function settledDistance(before: number, now: number): number {
  return before > 0 && Math.abs(now - before) <= SAME * before ? before : now
}

/**
 * Values that are not finite are passed over and stay NaN.
 *
 * @param distance What widths are counted in, and what the weight is for, in the unit of x; 0: the median distance of x.
 * @returns `y` itself where the curve has too few points in that distance.
 */
export function smooth(x: Float64Array, y: Float64Array, how: Smoothing, distance = 0): Float64Array {
  const own = medianStep(x)
  if (distance > 0 && own > Math.max(smoothingSpan(how, distance) / LEAST_POINTS, LIKE * distance)) return y
  if (how.trim) {
    const kept = trimmed(y)
    if (kept !== y) return carried(smooth(x, kept, { kind: how.kind, amount: how.amount }, distance), y)
  }
  const unit = distance || own || 1
  if (how.kind === 'ema') return smoothEma(x, y, how.amount, unit)
  const windowed = how.kind === 'mean' ? smoothMean : smoothGaussian
  const kept: number[] = []
  for (let i = 0; i < y.length; i++) if (y[i]! - y[i]! === 0) kept.push(i)
  if (kept.length === y.length) return windowed(x, y, how.amount, unit)
  const out = new Float64Array(y.length).fill(NaN)
  const some = windowed(
    Float64Array.from(kept, (i) => x[i]!),
    Float64Array.from(kept, (i) => y[i]!),
    how.amount,
    unit,
  )
  kept.forEach((i, k) => (out[i] = some[k]!))
  return out
}

/**
 * Time-weighted, bias-corrected exponential average. The decay between two points is w^(dx / unit), so the result does not
 * depend on how densely a curve was sampled. Several values at one x count as one, their mean.
 */
function smoothEma(x: Float64Array, y: Float64Array, weight: number, unit: number): Float64Array {
  const n = y.length
  const out = new Float64Array(n)
  let sum = 0
  let norm = 0
  let before = NaN
  // Most distances are the one before: powers are dear.
  let dx = NaN
  let decay = weight
  for (let i = 0; i < n;) {
    const at = x[i]!
    let end = i
    let mean = 0
    let k = 0
    for (; end < n && x[end] === at; end++) {
      const v = y[end]!
      if (v - v === 0) mean += v / ++k - mean / k
    }
    if (k > 0) {
      if (before === before && at - before !== dx) {
        dx = at - before
        decay = dx === unit ? weight : weight ** (dx / unit)
      }
      const past = before === before ? decay : weight
      sum = past * sum + (1 - past) * mean
      norm = past * norm + (1 - past)
      before = at
    }
    for (; i < end; i++) out[i] = y[i]! - y[i]! === 0 ? (norm > 0 ? sum / norm : mean) : NaN
  }
  return out
}

/** Mean of the points that are at most half the width away, on both sides. */
function smoothMean(x: Float64Array, y: Float64Array, width: number, unit: number): Float64Array {
  const n = y.length
  if (n < 2) return y.slice()
  const scale = largest(y)
  const sums = new Float64Array(n + 1)
  for (let i = 0; i < n; i++) sums[i + 1] = sums[i]! + y[i]! / scale
  const reach = width * 0.5 * unit * (1 + EDGE)
  const out = new Float64Array(n)
  let begin = 0
  let end = 0
  for (let i = 0; i < n; i++) {
    while (x[begin]! < x[i]! - reach) begin++
    while (end < n && x[end]! <= x[i]! + reach) end++
    out[i] = ((sums[end]! - sums[begin]!) / (end - begin)) * scale
  }
  return out
}

/** Average with weights that fall with the distance like a Gaussian. */
function smoothGaussian(x: Float64Array, y: Float64Array, width: number, unit: number): Float64Array {
  const n = y.length
  if (n < 2) return y.slice()
  const scale = largest(y)
  const spread = width * unit
  const reach = width * FAR * unit * (1 + EDGE)
  const gap = x[1]! - x[0]!
  let isEven = true
  for (let i = 2; i < n && isEven; i++) isEven = x[i]! - x[i - 1]! === gap
  // Even points share one kernel.
  const kernel = isEven
    ? Float64Array.from({ length: Math.min(n, gap > 0 ? Math.floor(reach / gap) + 1 : n) }, (_, k) =>
        Math.exp(-0.5 * ((k * gap) / spread) ** 2),
      )
    : null
  const out = new Float64Array(n)
  let begin = 0
  let end = 0
  for (let i = 0; i < n; i++) {
    while (x[begin]! < x[i]! - reach) begin++
    while (end < n && x[end]! <= x[i]! + reach) end++
    let sum = 0
    let norm = 0
    for (let j = begin; j < end; j++) {
      const k = j < i ? i - j : j - i
      const w = kernel ? (k < kernel.length ? kernel[k]! : 0) : Math.exp(-0.5 * ((x[j]! - x[i]!) / spread) ** 2)
      sum += w * (y[j]! / scale)
      norm += w
    }
    out[i] = (sum / norm) * scale
  }
  return out
}

/** The largest magnitude, by which values are divided so that sums of huge ones stay finite. */
function largest(y: Float64Array): number {
  let most = 0
  for (let i = 0; i < y.length; i++) most = Math.max(most, Math.abs(y[i]!))
  return most || 1
}
