import { describe, expect, it } from 'vitest'
import { makeScale, padDomain, toPixel, toValue, zoomDomain } from '../src/charts/data/scales'
import { clockLabels, spanLabel, spanLabels, tickLabels } from '../src/charts/layout/labels'
import { linearTicks, logTicks, timeTicks } from '../src/charts/layout/ticks'

describe('scales', () => {
  it('map the domain to the range and back', () => {
    const s = makeScale('linear', [0, 3000], [50, 650])
    expect([toPixel(s, 0), toPixel(s, 1500), toPixel(s, 3000)]).toEqual([50, 350, 650])
    expect(toValue(s, 350)).toBeCloseTo(1500, 9)
    const l = makeScale('log', [0.01, 100], [400, 0])
    expect(toPixel(l, 1)).toBeCloseTo(200, 9)
    expect(toValue(l, 100)).toBeCloseTo(10, 9)
  })
  it('widen an empty domain and survive one that is not finite or not positive', () => {
    expect(makeScale('linear', [5, 5], [0, 100]).domain).toEqual([4.5, 5.5])
    expect(makeScale('linear', [NaN, Infinity], [0, 100]).domain).toEqual([0, 1])
    const [lo, hi] = makeScale('log', [-3, 10], [0, 100]).domain
    expect(lo).toBeGreaterThan(0)
    expect(hi).toBe(10)
    expect(makeScale('log', [-3, -1], [0, 100]).domain).toEqual([0.1, 1])
  })
  it('keep pixels within what a rasteriser takes', () => {
    expect(toPixel(makeScale('linear', [0, 1], [0, 100]), 1e300)).toBe(1e5)
  })
  it('zoom around the pointer', () => {
    const s = makeScale('linear', [0, 100], [0, 100])
    expect(zoomDomain(s, 25, 0.5)).toEqual([12.5, 62.5])
  })
  it('pad in the space of the axis', () => {
    expect(padDomain('linear', 0, 10, 0.1)).toEqual([-1, 11])
    const [lo, hi] = padDomain('log', 1, 100, 0.5)
    expect(lo).toBeCloseTo(0.1, 9)
    expect(hi).toBeCloseTo(1000, 6)
  })
})

describe('ticks', () => {
  it('are at 1, 2 or 5 times a power of ten and are no more than asked for', () => {
    expect(linearTicks(0, 1, 6)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(linearTicks(0, 2999, 4)).toEqual([0, 1000, 2000])
    for (let i = 0; i < 500; i++) {
      const lo = (Math.random() - 0.5) * 10 ** (Math.random() * 12 - 6)
      const hi = lo + 10 ** (Math.random() * 12 - 6)
      const most = 2 + Math.floor(Math.random() * 10)
      const t = linearTicks(lo, hi, most)
      expect(t.length).toBeLessThanOrEqual(most)
      for (const v of t) expect(v >= lo - (hi - lo) * 1e-6 && v <= hi + (hi - lo) * 1e-6).toBe(true)
    }
  })
  it('of a log axis are at 1-2-5, then at decades', () => {
    expect(logTicks(0.05, 3, 8)).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2])
    expect(logTicks(1e-6, 1e6, 5).length).toBeLessThanOrEqual(5)
    expect(logTicks(0, 1, 5)).toEqual([])
  })
  it('take SI suffixes from 10 000', () => {
    expect(tickLabels([0, 1000, 2000])).toEqual(['0', '1000', '2000'])
    expect(tickLabels([0, 5000, 10000])).toEqual(['0', '5k', '10k'])
    expect(tickLabels([0, 2e6])).toEqual(['0', '2M'])
    expect(tickLabels([1, 10, 1000, 1e5, 1e7])).toEqual(['1', '10', '1k', '100k', '10M'])
  })
  it('of time are at steps people count in', () => {
    expect(timeTicks(0, 3600, 5)).toEqual([0, 900, 1800, 2700, 3600])
    expect(spanLabel(5400)).toBe('1h 30m')
  })
})

describe('labels of wall time', () => {
  it('tell ticks apart within a second', () => {
    expect(new Set(clockLabels([1.8e9, 1.8e9 + 0.25, 1.8e9 + 0.5, 1.8e9 + 0.75])).size).toBe(4)
  })
})

describe('values that are close together for their size', () => {
  const labelsOf = (values: number[], most = 6) => {
    const [lo, hi] = padDomain('linear', Math.min(...values), Math.max(...values), 0.05)
    return tickLabels(linearTicks(lo, hi, most))
  }
  it('have labels that differ', () => {
    const wave = Array.from({ length: 50 }, (_, i) => 1e9 + Math.sin(i / 5) * 1e-3)
    expect(labelsOf(wave)).toContain('1\u2009000\u2009000\u2009000.0005')
    const s = makeScale('linear', [1e16, 1e16 + 190], [400, 10])
    expect([0, 10, 100].map((v) => Math.round(toPixel(s, 1e16 + v)))).toEqual([400, 379, 195])
    const l = makeScale('log', [2 ** 53, 2 ** 53 + 4], [0, 100])
    expect([0, 2, 4].map((v) => Math.round(toPixel(l, 2 ** 53 + v)))).toEqual([0, 50, 100])
    expect(labelsOf([123456.7, 123456.719])).toEqual([
      '123\u2009456.700',
      '123\u2009456.705',
      '123\u2009456.710',
      '123\u2009456.715',
    ])
    for (let i = 0; i < 500; i++) {
      const base = (Math.random() - 0.5) * 10 ** (Math.random() * 40 - 20)
      const values = [base, base * (1 + 10 ** (-15 * Math.random()))]
      const labels = labelsOf(values, 2 + Math.floor(Math.random() * 9))
      expect(new Set(labels).size).toBe(labels.length)
    }
    expect(new Set(labelsOf([1e16, 1e16 + 2, 1e16 + 4])).size).toBeGreaterThan(1)
    expect(tickLabels(logTicks(1e-6, 1e6, 20))).toContain('1e-6')
  })
  it('of relative time have the fractions of seconds that tell them apart', () => {
    expect(spanLabels([90.1, 90.2])).toEqual(['1m 30.1s', '1m 30.2s'])
    expect(spanLabels([-0.002, 0])).toEqual(['−0.002s', '0.000s'])
    expect(spanLabels([0, 60])).toEqual(['0s', '1m'])
  })
})

describe('the smallest and the largest numbers', () => {
  const values: [string, number[]][] = [
    ['denormal', [5e-324, 1e-310]],
    ['one denormal', [5e-324]],
    ['huge', [-Number.MAX_VALUE, Number.MAX_VALUE]],
    ['one huge', [Number.MAX_VALUE]],
  ]
  for (const [what, list] of values) {
    for (const kind of ['linear', 'log'] as const) {
      it(`have a place and an axis: ${what}, ${kind}`, () => {
        const shown = list.filter((v) => kind === 'linear' || v > 0)
        const [lo, hi] = padDomain(kind, Math.min(...shown), Math.max(...shown), shown.length > 1 ? 0.05 : 0)
        const s = makeScale(kind, [lo, hi], [200, 10])
        for (const v of shown) {
          const y = toPixel(s, v)
          expect(y >= 9 && y <= 201, `${v} at ${y}`).toBe(true)
        }
        const ticks = kind === 'log' ? logTicks(...s.domain, 5) : linearTicks(...s.domain, 5)
        expect(ticks.length).toBeGreaterThan(1)
        expect(new Set(tickLabels(ticks)).size).toBe(ticks.length)
      })
    }
  }
})
