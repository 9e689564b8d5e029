import { describe, expect, it } from 'vitest'
import { lastLogged, noLogged } from '../src/charts/data/logged'
import { afterPin } from '../src/base/hover'
import { nearestLines, pointWithin } from '../src/charts/data/nearest'
import { makeScale } from '../src/charts/data/scales'
import { atText, xRangeText } from '../src/charts/layout/axis'
import { series } from './helpers'

const logged = (s: ReturnType<typeof series>, x: number) => {
  const out = noLogged()
  return lastLogged(s, x, out) ? [out.value, out.at, out.lo, out.hi] : null
}

describe('the value at a crosshair', () => {
  const s = series([500, 1000], [1.464, 0.898], { nonfinite: [[1500, 'nan']], nonfiniteTotal: 1 })
  it('is the last one that was logged, never one between two, and nothing before the first', () => {
    expect(logged(s, 499)).toBeNull()
    expect(logged(s, 500)).toEqual([1.464, 500, 1.464, 1.464])
    expect(logged(s, 999)).toEqual([1.464, 500, 1.464, 1.464])
    expect(logged(s, 1000)).toEqual([0.898, 1000, 0.898, 0.898])
    expect(logged(s, 1500)).toEqual([NaN, 1500, NaN, NaN])
    expect(logged(s, 9999)).toEqual([NaN, 1500, NaN, NaN])
  })
  it('of a bucket is its first at its beginning, and its extremes behind', () => {
    const b = series([0, 100], [7, 8], {
      first: Float64Array.of(5, 8),
      min: Float64Array.of(4, 8),
      max: Float64Array.of(9, 8),
      count: Float64Array.of(100, 1),
    })
    expect(logged(b, 0)).toEqual([5, 0, 5, 5])
    expect(logged(b, 50)).toEqual([NaN, 0, 4, 9])
    expect(logged(b, 100)).toEqual([8, 100, 8, 8])
  })
  it('is of the last of several points at one place', () => {
    expect(logged(series([1, 1, 1], [4, 5, 6]), 1)).toEqual([6, 1, 6, 6])
  })
  it('has its place beside it, where that is another', () => {
    expect(atText('step', 1000)).toBe('@1\u2009000')
    expect(atText('relative_time', 200)).toBe('@3m 20s')
    expect(atText('metric:acc', 0.5)).toBe('@0.5')
    expect(xRangeText('step', 763_672, 764_648, 764_649)).toBe('step 763\u2009672–764\u2009648')
    expect(xRangeText('step', 5, null, 10)).toBe('step 5 to before 10')
    expect(xRangeText('step', 5, 5, 10)).toBe('step 5')
    expect(xRangeText('epoch', 5, null, Infinity)).toBe('from epoch 5 on')
  })
})

describe('nearest lines', () => {
  const sx = makeScale('linear', [0, 1000], [0, 500])
  const sy = makeScale('linear', [0, 1], [200, 0])
  const x = Array.from({ length: 1001 }, (_, i) => i)
  const near = (s: ReturnType<typeof series>, px: number, py: number) =>
    nearestLines([{ series: s, values: s.last }], sx, sy, px, py, px * 2, 24, 5)
  it('find a spike along its stroke and at the edge of the plot, and mean its peak', () => {
    const s = series(
      x,
      x.map((v) => (v === 500 ? 25 : 0.2)),
    )
    for (const py of [0, 4, 30, 60, 90, 120, 150])
      for (const px of [247, 250, 253]) expect(near(s, px, py)).toMatchObject([{ line: 0, index: 500 }])
    expect(near(s, 250, 155)).toMatchObject([{ index: 500 }])
    expect(near(s, 270, 60)).toEqual([])
  })
  it('find the stroke of a step, at its nearer end', () => {
    const s = series(
      x,
      x.map((v) => (v < 500 ? 0.1 : 0.9)),
    )
    expect(near(s, 250, 120)).toMatchObject([{ index: 499 }])
    expect(near(s, 250, 80)).toMatchObject([{ index: 500 }])
  })
  it('find the stroke of a bucket beside the pointer', () => {
    const s = series([0, 100, 200], [0.1, 0.1, 0.1], {
      first: Float64Array.of(0.1, 0.1, 0.1),
      min: Float64Array.of(0.1, 0.1, 0.1),
      max: Float64Array.of(0.1, 0.9, 0.1),
      count: Float64Array.of(1, 50, 1),
    })
    expect(near(s, 54, 80)).toMatchObject([{ index: 1, distance: 0 }])
  })
})

describe('a click', () => {
  it('pins a run and a place, and the same or an empty place lets go', () => {
    const none = { run: null, x: null }
    expect(afterPin(none, 'a', 5)).toEqual({ run: 'a', x: 5 })
    expect(afterPin({ run: 'a', x: 5 }, 'a', 6)).toEqual({ run: 'a', x: 6 })
    expect(afterPin({ run: 'a', x: 5 }, 'a', 5)).toEqual(none)
    expect(afterPin({ run: 'a', x: 5 }, null, 9)).toEqual(none)
    expect(afterPin(none, null, 9)).toEqual({ run: null, x: 9 })
    expect(afterPin({ run: null, x: 9 }, null, 8)).toEqual({ run: null, x: 8 })
    expect(afterPin({ run: null, x: 9 }, null, 9)).toEqual(none)
  })
})

describe('the crosshair of the keyboard', () => {
  it('stays in the range that is shown', () => {
    const x = Float64Array.of(0, 10, 20, 30, 40)
    expect(pointWithin(x, 20, 1, 10, 30)).toBe(3)
    expect(pointWithin(x, 30, 1, 10, 30)).toBe(3)
    expect(pointWithin(x, 10, -10, 5, 30)).toBe(1)
    expect(pointWithin(x, 90, 0, 0, 35)).toBe(3)
    expect(pointWithin(x, 60, 0, 41, 80)).toBe(-1)
    expect(pointWithin(x, 12, 0, 11, 19)).toBe(-1)
    expect(pointWithin(new Float64Array(0), 1, 1, 0, 1)).toBe(-1)
  })
})
