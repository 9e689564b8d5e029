import { describe, expect, it } from 'vitest'
import { tHalf, tInterval, tQuantile } from '../src/base/statistics'

/** scipy 1.17: `t.ppf(0.975, df)`, `t.ppf(0.9, df)`. */
const SCIPY: readonly (readonly [number, number, number])[] = [
  [1, 12.706204736174694, 3.0776835371752544],
  [2, 4.302652729749462, 1.8856180831641272],
  [3, 3.1824463052837078, 1.637744353696209],
  [4, 2.7764451051977934, 1.533206274058944],
  [5, 2.5705818356363146, 1.4758840488244815],
  [7, 2.364624251592784, 1.4149239276505086],
  [9, 2.262157162798205, 1.3830287383966329],
  [10, 2.228138851986274, 1.372183641110336],
  [19, 2.0930240544083087, 1.3277282090267986],
  [29, 2.045229642132703, 1.311433647301551],
  [50, 2.008559112100761, 1.2987136941948096],
  [99, 1.9842169515864174, 1.2901614420344854],
  [999, 1.9623414611334493, 1.2823995700373971],
  [123_456, 1.9599832002451867, 1.2815584229625585],
  [10_000_000, 1.959964221767205, 1.2815516502030833],
]

describe('Student t', () => {
  it('has the quantiles of scipy', () => {
    for (const [df, wide, narrow] of SCIPY) {
      expect(Math.abs(tQuantile(df) - wide), `df ${df}`).toBeLessThan(1e-9)
      expect(Math.abs(tQuantile(df, 0.8) - narrow), `df ${df}`).toBeLessThan(1e-9)
    }
  })

  it('gives the interval of a mean', () => {
    // numpy and scipy: v.mean(), t.ppf(0.975, 4) * sem(v)
    const { n, mean, half } = tInterval([0.31, 0.29, 0.325, 0.276, 0.308])
    expect([n, mean]).toEqual([5, expect.closeTo(0.3018, 12)])
    expect(half).toBeCloseTo(0.023630793877110565, 12)
    expect(tHalf(5, 4 * 1)).toBeCloseTo(2.7764451051977934 / Math.sqrt(5), 9)
  })

  it('has no interval below two values, and leaves out what is not finite', () => {
    expect(tInterval([])).toEqual({ n: 0, mean: NaN, half: NaN })
    expect(tInterval([NaN, 3, Infinity])).toEqual({ n: 1, mean: 3, half: NaN })
    expect(tInterval([2, 2, 2])).toEqual({ n: 3, mean: 2, half: 0 })
  })

  it('keeps its digits for values far from zero', () => {
    expect(tInterval([1e9 + 1, 1e9 + 2, 1e9 + 3]).half).toBeCloseTo(4.302652729749462 / Math.sqrt(3), 6)
  })
})
