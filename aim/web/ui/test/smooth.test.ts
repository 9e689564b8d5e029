import { describe, expect, it } from 'vitest'
import shared from '../../../../tests/unit/web/smoothing_cases.json'
import type { SmoothingKind } from '../src/base/api/types'
import { smooth } from '../src/charts/data/smooth'

interface Case {
  kind: SmoothingKind
  amount: number
  x: number[]
  y: number[]
  smooth: number[]
}

// The server is tested with the same points and results.
const cases = shared as Case[]

describe('smoothing', () => {
  it.each(cases.map((c, i) => [i, c.kind, c] as const))('%i %s is what the server makes of it', (_, __, c) => {
    const got = smooth(Float64Array.from(c.x), Float64Array.from(c.y), c)
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
})
