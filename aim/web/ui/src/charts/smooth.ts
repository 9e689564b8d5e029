import { medianStep } from './series'

/**
 * Time-weighted, bias-corrected exponential average. The decay between two points is w^(dx / median dx), so the result
 * does not depend on how densely a sequence was sampled. Values that are not finite are passed over and stay NaN.
 */
export function smoothEma(x: Float64Array, y: Float64Array, weight: number): Float64Array {
  const out = new Float64Array(y.length)
  const step = medianStep(x)
  let sum = 0
  let norm = 0
  let before = NaN
  for (let i = 0; i < y.length; i++) {
    const v = y[i]!
    if (!(v - v === 0)) {
      out[i] = NaN
      continue
    }
    const dx = before === before && step > 0 ? (x[i]! - before) / step : 1
    const decay = dx === 1 ? weight : weight ** Math.max(0, dx)
    sum = decay * sum + (1 - decay) * v
    norm = decay * norm + (1 - decay)
    out[i] = norm > 0 ? sum / norm : v
    before = x[i]!
  }
  return out
}
