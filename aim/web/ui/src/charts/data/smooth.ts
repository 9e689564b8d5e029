// Smoothing of what is here in full; aim/explore/curves/smoothing.py does the same, to 1e-9, for what is not.

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

/** Values that are not finite are passed over and stay NaN. */
export function smooth(x: Float64Array, y: Float64Array, how: Smoothing): Float64Array {
  if (how.kind === 'ema') return smoothEma(x, y, how.amount)
  const windowed = how.kind === 'mean' ? smoothMean : smoothGaussian
  const kept: number[] = []
  for (let i = 0; i < y.length; i++) if (y[i]! - y[i]! === 0) kept.push(i)
  if (kept.length === y.length) return windowed(x, y, how.amount)
  const out = new Float64Array(y.length).fill(NaN)
  const some = windowed(
    Float64Array.from(kept, (i) => x[i]!),
    Float64Array.from(kept, (i) => y[i]!),
    how.amount,
  )
  kept.forEach((i, k) => (out[i] = some[k]!))
  return out
}

/**
 * Time-weighted, bias-corrected exponential average. The decay between two points is w^(dx / median dx), so the result
 * does not depend on how densely a sequence was sampled.
 */
export function smoothEma(x: Float64Array, y: Float64Array, weight: number): Float64Array {
  const out = new Float64Array(y.length)
  const step = medianStep(x) || 1
  let sum = 0
  let norm = 0
  let before = NaN
  for (let i = 0; i < y.length; i++) {
    const v = y[i]!
    if (!(v - v === 0)) {
      out[i] = NaN
      continue
    }
    const dx = before === before ? (x[i]! - before) / step : 1
    const decay = dx === 1 ? weight : weight ** Math.max(0, dx)
    sum = decay * sum + (1 - decay) * v
    norm = decay * norm + (1 - decay)
    out[i] = norm > 0 ? sum / norm : v
    before = x[i]!
  }
  return out
}

/** Mean of the points that are at most half the width away, on both sides. */
function smoothMean(x: Float64Array, y: Float64Array, width: number): Float64Array {
  const n = y.length
  if (n < 2) return y.slice()
  const scale = largest(y)
  const sums = new Float64Array(n + 1)
  for (let i = 0; i < n; i++) sums[i + 1] = sums[i]! + y[i]! / scale
  const reach = width * 0.5 * (medianStep(x) || 1) * (1 + EDGE)
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
function smoothGaussian(x: Float64Array, y: Float64Array, width: number): Float64Array {
  const n = y.length
  if (n < 2) return y.slice()
  const scale = largest(y)
  const spread = width * (medianStep(x) || 1)
  const reach = width * FAR * (medianStep(x) || 1) * (1 + EDGE)
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
