import { describe, expect, it } from 'vitest'
import { aggregate, type BandKind } from '../src/charts/data/aggregate'
import { areas, traceBand } from '../src/charts/draw/bands'
import { bucketsFor, trace, type Gaps, type Pen } from '../src/charts/data/lod'
import { makeScale, toPixel, type Scale } from '../src/charts/data/scales'
import { cadenceOf, medianStep, type Series } from '../src/base/series'
import { plainPath } from '../src/charts/draw/strokes'
import type { SmoothingKind } from '../src/base/api/types'
import { smooth } from '../src/charts/data/smooth'
import { extentOf } from '../src/charts/data/extent'
import { series } from './helpers'

/** How many points of `members` lie outside of what was drawn within `near` pixel columns of theirs. */
function lostPoints(
  pen: Recorder,
  members: readonly { readonly x: readonly number[]; readonly y: readonly number[] }[],
  sx: Scale,
  sy: Scale,
  near: number,
): number {
  const top = new Map<number, number>()
  const bottom = new Map<number, number>()
  for (const [x0, y0, x1, y1] of pen.strokes)
    for (const [px, py] of [
      [x0, y0],
      [x1, y1],
    ] as const) {
      const c = Math.floor(px)
      top.set(c, Math.min(top.get(c) ?? Infinity, py))
      bottom.set(c, Math.max(bottom.get(c) ?? -Infinity, py))
    }
  const columns = Array.from({ length: 2 * near + 1 }, (_, k) => k - near)
  let lost = 0
  for (const { x, y } of members) {
    for (let i = 0; i < x.length; i++) {
      const py = toPixel(sy, y[i]!)
      const c = Math.floor(toPixel(sx, x[i]!))
      if (
        !columns.some((k) => (top.get(c + k) ?? Infinity) <= py + 1e-6) ||
        !columns.some((k) => (bottom.get(c + k) ?? -Infinity) >= py - 1e-6)
      )
        lost++
    }
  }
  return lost
}

class Recorder implements Pen {
  strokes: [number, number, number, number][] = []
  private at: [number, number] | null = null
  moves = 0
  moveTo(x: number, y: number) {
    this.at = [x, y]
    this.moves++
  }
  lineTo(x: number, y: number) {
    if (this.at) this.strokes.push([...this.at, x, y])
    this.at = [x, y]
  }
}

/** What the server sends for `n` buckets. */
function bucketed(x: number[], y: number[], n: number): Series {
  const lo = x[0]!
  const hi = x[x.length - 1]!
  const cols: { x: number; first: number; last: number; min: number; max: number; count: number }[] = []
  let before = -1
  x.forEach((v, i) => {
    const b = Math.min(n - 1, Math.floor(((v - lo) / (hi - lo)) * n))
    const c = cols[cols.length - 1]
    if (!c || b !== before) cols.push({ x: v, first: y[i]!, last: y[i]!, min: y[i]!, max: y[i]!, count: 1 })
    else {
      c.last = y[i]!
      c.min = Math.min(c.min, y[i]!)
      c.max = Math.max(c.max, y[i]!)
      c.count++
    }
    before = b
  })
  const col = (k: 'x' | 'first' | 'last' | 'min' | 'max' | 'count') => Float64Array.from(cols, (c) => c[k])
  return {
    ...series([], []),
    x: col('x'),
    first: col('first'),
    last: col('last'),
    min: col('min'),
    max: col('max'),
    count: col('count'),
    exact: false,
    total: x.length,
  }
}

describe('drawing', () => {
  it('contains the minimum and maximum of every pixel column, whatever the data', () => {
    for (let round = 0; round < 25; round++) {
      const n = 200 + Math.floor(Math.random() * 20_000)
      const x: number[] = []
      const y: number[] = []
      for (let i = 0; i < n; i++) {
        x.push(i)
        y.push(Math.sin(i / 50) + (Math.random() < 0.002 ? (Math.random() - 0.5) * 40 : Math.random() * 0.1))
      }
      const width = 300 + Math.floor(Math.random() * 400)
      const sx = makeScale('linear', [0, n - 1], [40, 40 + width])
      const sy = makeScale('linear', [-25, 25], [200, 10])
      const s = n <= 512 ? series(x, y) : bucketed(x, y, bucketsFor(width, 1))
      const pen = new Recorder()
      trace(pen, s, { from: 0, to: s.x.length, x: sx, y: sy })
      // Each raw extreme is on a stroke in its own column or, as a bucket has one x, the column beside it.
      expect(lostPoints(pen, [{ x, y }], sx, sy, 1)).toBe(0)
    }
  })
  it.each<SmoothingKind>(['ema', 'gaussian', 'mean'])(
    'contains the raw minimum and maximum of a group whose members are smoothed by %s',
    (kind) => {
      const rounds: readonly (readonly [BandKind, number])[] = (
        ['min-max', 't95', 'std', 'stderr', 'iqr'] as const
      ).flatMap(
        (band) =>
          [
            [band, 40],
            [band, 300],
            [band, 3000],
            [band, 12_000],
          ] as const,
      )
      for (const [band, most] of rounds) {
        const width = 300 + Math.floor(Math.random() * 400)
        const sx = makeScale('linear', [0, most - 1], [40, 40 + width])
        const sy = makeScale('linear', [-25, 25], [200, 10])
        const raw: { x: number[]; y: number[] }[] = []
        const members = Array.from({ length: 5 }, (_, m) => {
          const n = m === 0 ? most : Math.ceil(most * (0.3 + 0.7 * Math.random()))
          const x = Array.from({ length: n }, (_, i) => i)
          const y = x.map(
            (i) => Math.sin(i / 50) + m / 5 + (Math.random() < 0.02 ? (Math.random() - 0.5) * 40 : Math.random() * 0.1),
          )
          raw.push({ x, y })
          const s = n <= 512 ? series(x, y) : bucketed(x, y, bucketsFor(width, 1))
          return { series: s, values: smooth(s.x, s.last, { kind, amount: kind === 'ema' ? 0.9 : 20 }) }
        })
        const data = aggregate(members, sx, width / 1.5, { line: 'mean', band })
        const pen = new Recorder()
        // What shows on hover too: where the band is another one, the raw extremes are lines.
        for (const edges of [...areas(data).map(([e]) => e), ...(data.envelope ? [data.envelope] : [])])
          traceBand(pen, data.x, edges, sx, sy)
        // A column of a group is wider than a pixel.
        expect([band, most, lostPoints(pen, raw, sx, sy, 2)]).toEqual([band, most, 0])
      }
    },
  )
  it('merges what shares a column: the work is bounded by the width', () => {
    const n = 100_000
    const pen = new Recorder()
    const y = Array.from({ length: n }, (_, i) => (i === 55_555 ? 100 : Math.random()))
    trace(
      pen,
      series(
        Array.from({ length: n }, (_, i) => i),
        y,
      ),
      { from: 0, to: n, x: makeScale('linear', [0, n], [0, 500]), y: makeScale('linear', [0, 100], [100, 0]) },
    )
    expect(pen.strokes.length).toBeLessThan(500 * 4)
    expect(Math.min(...pen.strokes.map((s) => Math.min(s[1], s[3])))).toBe(0)
  })
  it('breaks at values that are not finite and at gaps', () => {
    const sx = makeScale('linear', [0, 10], [0, 1000])
    const sy = makeScale('linear', [0, 10], [100, 0])
    const pieces = (s: Series, gaps: Gaps = 'join') => {
      const pen = new Recorder()
      trace(pen, s, { from: 0, to: s.x.length, x: sx, y: sy, gaps })
      return pen.moves
    }
    expect(pieces(series([0, 1, 2, 3, 4, 5], [1, 2, NaN, 3, 4, 5]))).toBe(2)
    expect(pieces(series([0, 1, 3, 4, 5], [1, 2, 3, 4, 5], { nonfinite: [[2, 'nan']] }))).toBe(2)
    expect(pieces(series([0, 1, 2, 3, 8, 9], [1, 2, 3, 4, 5, 6]))).toBe(1)
    const regular = series([0, 1, 2, 3, 8, 9], [1, 2, 3, 4, 5, 6])
    expect((['on', 'auto', 'join'] as const).map((mode) => pieces(regular, mode))).toEqual([2, 2, 1])
    const irregular = series([0, 1, 1.1, 3, 3.2, 8, 8.1, 9], [1, 2, 3, 4, 5, 6, 7, 8])
    expect((['on', 'auto', 'off'] as const).map((mode) => pieces(irregular, mode) > 1)).toEqual([true, false, false])
  })
  it('joins gaps by dashes, of which it draws those in sight', () => {
    const sx = makeScale('linear', [0, 10], [0, 100])
    const sy = makeScale('linear', [0, 10], [100, 0])
    const quarters = (from: number, to: number) => Array.from({ length: 4 * (to - from) + 1 }, (_, k) => from + k / 4)
    const x = [...quarters(0, 3), ...quarters(8, 9), 1e6]
    const s = series(
      x,
      x.map(() => 4),
    )
    const pen = new Recorder()
    trace(pen, s, { from: 0, to: x.length, x: sx, y: sy, gaps: 'off' })
    const dashes = pen.strokes.filter(([x0, , x1]) => x0 >= 30 && x1 <= 80).map(([x0, , x1]) => [x0, x1])
    expect(dashes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => [30 + 6 * n, Math.min(80, 33 + 6 * n)]))
    // From 90 px to the edge, and no further.
    expect(pen.strokes.filter(([x0]) => x0 >= 90).length).toBeLessThan(4)
  })
  it('knows what is regular', () => {
    const of = (...x: number[]) => cadenceOf(Float64Array.from(x))
    expect(of(0, 10, 20, 30, 500, 510)).toEqual({ step: 10, isRegular: true, gaps: [4] })
    expect(of(0, 0, 10, 10, 20, 20, 30, 30).gaps).toEqual([])
    expect(of(0, 1, 2, 3, 4, 14, 24, 34, 44).isRegular).toBe(false)
    expect(of(5)).toEqual({ step: 0, isRegular: true, gaps: [] })
    expect(medianStep(Float64Array.from([0, 3, 4, 8, 9, 14]))).toBe(3)
  })
  it('draws the part of a bucket that a log axis can show', () => {
    const s = series([0, 1, 2], [5, 2, 5], {
      exact: false,
      first: Float64Array.from([5, -1, 5]),
      min: Float64Array.from([5, -3, 5]),
      max: Float64Array.from([5, 8, 5]),
      count: Float64Array.from([1, 9, 1]),
      positive: Float64Array.from([5, 2, 5]),
      hidden: Float64Array.from([0, 4, 0]),
    })
    const pen = new Recorder()
    const y = makeScale('log', [0.001, 10], [100, 0])
    trace(pen, s, { from: 0, to: 3, x: makeScale('linear', [0, 2], [0, 200]), y })
    expect(Math.max(...pen.strokes.flatMap(([, a, , b]) => [a, b]))).toBeCloseTo(toPixel(y, 2), 6)
    const extent = extentOf([s], 0, 2, true)
    expect([extent.lo, extent.hi, extent.notPositive, extent.atLeast]).toEqual([2, 8, 4, false])
  })
  it('leaves out what a log axis cannot show', () => {
    const pen = new Recorder()
    trace(pen, series([0, 1, 2, 3, 4], [1, 2, 0, 3, 4]), {
      from: 0,
      to: 5,
      x: makeScale('linear', [0, 4], [0, 400]),
      y: makeScale('log', [1, 10], [100, 0]),
    })
    expect(pen.moves).toBe(2)
    expect(pen.strokes.flat().every(Number.isFinite)).toBe(true)
  })
  it('shows lone points as dots: one alone, between values that are not finite, and beside what a log axis cannot show', () => {
    const x = makeScale('linear', [0, 10], [0, 100])
    const y = makeScale('linear', [0, 10], [100, 0])
    const lone = (s: Series, scaleX = x, scaleY = y) => {
      const dots: number[] = []
      trace(new Recorder(), s, { from: 0, to: s.x.length, x: scaleX, y: scaleY, dots })
      return dots.map(Math.round)
    }
    expect(lone(series([5], [5]))).toEqual([50, 50])
    expect(
      lone(
        series([0, 2, 3, 9], [1, 5, 5, 2], {
          nonfinite: [
            [1, 'nan'],
            [6, 'inf'],
          ],
          nonfiniteTotal: 2,
        }),
      ),
    ).toEqual([0, 90, 90, 80])
    expect(lone(series([0, 1, 2], [1, -1, 1]), x, makeScale('log', [0.1, 10], [100, 0]))).toEqual([0, 50, 20, 50])
    expect(lone(series([0, 1], [1, 1]), makeScale('log', [0.1, 10], [0, 100]))).toEqual([50, 90])
    expect(lone(bucketed([5, 5.001], [5, 5.01], 1))).toEqual([50, 50])
    expect(lone(bucketed([5, 5.001], [2, 8], 1)), 'a stroke that is seen as it is').toEqual([])
    const pen = new Recorder()
    trace(pen, series([5], [5]), { from: 0, to: 1, x, y })
    const xs = pen.strokes.flatMap(([a, , b]) => [a, b])
    expect([Math.min(...xs), Math.max(...xs)], 'at least four pixels across').toEqual([47.5, 52.5])
  })
  it('shows a group whose points share a pixel column, as a mark and a band', () => {
    const sx = makeScale('linear', [0, 10], [0, 100])
    const sy = makeScale('linear', [0, 10], [100, 0])
    const members = [2, 4].map((v) => {
      const s = series([5], [v])
      return { series: s, values: s.last }
    })
    const data = aggregate(members, sx, 10, { line: 'mean', band: 'min-max' })
    const line = new Recorder()
    plainPath(line, data.x, data.line, sx, sy)
    expect(line.strokes[0]).toEqual([47.5, 70, 50, 67.5])
    const band = new Recorder()
    for (const [edges] of areas(data)) traceBand(band, data.x, edges, sx, sy)
    expect(band.strokes).toEqual([
      [48, 60, 52, 60],
      [52, 60, 52, 80],
      [52, 80, 48, 80],
    ])
  })
  it('asks for a bucket per device pixel at most', () => {
    expect([
      bucketsFor(200, 1),
      bucketsFor(500, 1),
      bucketsFor(500, 2),
      bucketsFor(1300, 2),
      bucketsFor(4000, 2),
    ]).toEqual([256, 512, 1024, 4096, 4096])
  })
})
