import { describe, expect, it } from 'vitest'
import { heatShare } from '../src/widgets/heat'
import { shareBetween, sparkPath } from '../src/widgets/spark'

describe('a small line of values', () => {
  it('is drawn from the smallest to the largest float64', () => {
    const d = sparkPath([-1.7e308, 1.7e308, 0, -Number.MAX_VALUE, Number.MAX_VALUE], 88, 20)
    expect(d).not.toMatch(/NaN|Infinity/)
    expect(sparkPath([-1.7e308, 0, 1.7e308], 88, 20)).toBe('M2.0 17.0L43.0 10.0L84.0 3.0')
  })
  it('has gaps where values are not finite, and is in the middle where all are equal', () => {
    expect(sparkPath([1, NaN, 2, null, Infinity, 1], 56, 16)).toBe('M2.0 13.0M22.0 3.0M52.0 13.0')
    expect(sparkPath([5, 5], 56, 16)).toBe('M2.0 8.0L52.0 8.0')
    expect(sparkPath([], 56, 16)).toBe('')
  })
})

describe('the place of a value between others', () => {
  it('is a share of the span, however large or small that is', () => {
    expect(
      [
        [0, -1.7e308, 1.7e308],
        [1.7e308, -1.7e308, 1.7e308],
        [1e-323, 0, 2e-323],
        [3, 1, 5],
        [1, 1, 1],
      ].map(([v, lo, hi]) => shareBetween(v!, lo!, hi!)),
    ).toEqual([0.5, 1, 0.5, 0.5, 0.5])
  })
  it('colours a column of such values', () => {
    expect(heatShare(0, -1.7e308, 1.7e308)).toBe(0.5)
    expect(heatShare(1.7e308, -1.7e308, 1.7e308)).toBe(1)
    expect(heatShare(1, 1e-300, 1e300)).toBeCloseTo(0.5)
  })
})
