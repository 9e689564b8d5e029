import { describe, expect, it } from 'vitest'
import shared from '../../../../tests/unit/web/smoothing_cases.json'
import type { SmoothingKind } from '../src/base/api/types'
import { commonDistance, settledDistance, smooth, smoothingSpan } from '../src/charts/data/smooth'
import { smoothingText } from '../src/parts/curves/smoothingSpans'

interface Case {
  kind: SmoothingKind
  amount: number
  x: number[]
  y: number[]
  /** None: the median distance of x. */
  distance?: number
  trim?: boolean
  smooth: number[]
}

// The server is tested with the same points and results.
const cases = shared as Case[]

describe('smoothing', () => {
  it.each(cases.map((c, i) => [i, c.kind, c] as const))('%i %s is what the server makes of it', (_, __, c) => {
    const got = smooth(Float64Array.from(c.x), Float64Array.from(c.y), c, c.distance)
    const off = c.smooth.map((v, i) => Math.abs(v - got[i]!) / Math.max(1, Math.abs(v)))
    expect(Math.max(...off)).toBeLessThan(1e-9)
  })
  it.each(['ema', 'gaussian', 'mean'] as const)(
    '%s passes over what is not finite, and keeps huge values finite',
    (kind) => {
      const x = Float64Array.from([0, 1, 2, 3])
      const got = smooth(x, Float64Array.from([1.7e308, NaN, 1.7e308, 1.7e308]), {
        kind,
        amount: kind === 'ema' ? 0.5 : 2,
      })
      expect(got[1]).toBeNaN()
      expect([got[0], got[2], got[3]].every((v) => Number.isFinite(v))).toBe(true)
    },
  )
  it('is over one distance for all curves of a chart: that of the densest', () => {
    const every = (n: number) => ({ x: Float64Array.from({ length: 3000 / n }, (_, i) => n * (i + 1)) })
    const chart = [every(100), every(10), every(500), { x: new Float64Array(1) }]
    expect(commonDistance(chart)).toBe(10)
    expect(commonDistance([{ x: Float64Array.from([0, 0.512345]) }])).toBe(0.51)
    expect(commonDistance([])).toBe(0)
    expect(smoothingSpan({ kind: 'ema', amount: 0.8 }, 5)).toBeCloseTo(45, 9)
  })
  it('leaves a curve as it is that has fewer than three points in that distance', () => {
    const x = Float64Array.from([0, 100, 200, 300])
    const y = Float64Array.from([1, 3, 1, 3])
    expect(smooth(x, y, { kind: 'ema', amount: 0.8 }, 10)).toBe(y)
    expect(smooth(x, y, { kind: 'ema', amount: 0.99 }, 10)).not.toBe(y)
    // However little is smoothed, the densest curve is.
    expect(smooth(x, y, { kind: 'ema', amount: 0.3 }, 100)).not.toBe(y)
    expect(smooth(x, y, { kind: 'mean', amount: 1 }, 100)).not.toBe(y)
  })
  it('keeps its distance while curves grow, and takes another one', () => {
    expect([settledDistance(0, 3), settledDistance(1, 1.1), settledDistance(1, 0.5)]).toEqual([3, 1, 0.5])
  })
  it('counts all values at one step', () => {
    const x = Float64Array.from([0, 1, 1, 1, 2])
    const [a, b, c] = [1, 2, 6]
    const got = smooth(x, Float64Array.from([0, a, b, c, 0]), { kind: 'ema', amount: 0.5 }, 1)
    const mean = (a + b + c) / 3
    expect([...got.subarray(1, 4)]).toEqual([1, 1, 1].map(() => expect.closeTo((0.5 * mean) / 0.75, 9)))
  })
  it('is said with what it is over', () => {
    const how = { kind: 'ema', amount: 0.8 } as const
    expect(smoothingText(how, 'step', [])).toBe('0.8 ema')
    expect(smoothingText(how, 'step', [5, 5])).toBe('0.8 ema over 45 steps')
    expect(smoothingText(how, 'step', [5, 500])).toBe('0.8 ema over 45–4\u2009500 steps')
    expect(smoothingText(how, 'relative_time', [10])).toBe('0.8 ema over 1m 30s')
    expect(smoothingText(how, 'epoch', [0.1])).toBe('0.8 ema over 0.9 epochs')
    expect(smoothingText({ ...how, trim: true }, 'step', [5])).toBe('0.8 ema over 45 steps, without outliers')
  })
})
