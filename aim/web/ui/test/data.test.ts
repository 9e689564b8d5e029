import { describe, expect, it } from 'vitest'
import { aggregate } from '../src/charts/data/aggregate'
import type { Extent } from '../src/charts/data/extent'
import type { ChartSpec, Drawn } from '../src/charts/layout/model'
import { whyNothing } from '../src/charts/layout/notes'
import { countClipped, extentOf, shownRange } from '../src/charts/data/extent'
import { nearestIndex, nearestLines, valueAt } from '../src/charts/data/nearest'
import { makeScale } from '../src/charts/data/scales'
import { leastPositive, visibleRange } from '../src/base/series'
import { smooth } from '../src/charts/data/smooth'
import { columnEdges, columnSpan, rowSpan } from '../src/widgets/grid/window'
import { FrameReader, readFrame, writeFrame } from '../src/base/api/tsf'
import { parseJson } from '../src/base/api/json'
import { series } from './helpers'

const smoothEma = (x: Float64Array, y: Float64Array, amount: number) => smooth(x, y, { kind: 'ema', amount })

describe('nearest', () => {
  it('finds the nearest index', () => {
    const x = [0, 10, 20, 40]
    expect([-5, 4, 6, 29, 31, 99].map((v) => nearestIndex(x, v))).toEqual([0, 0, 1, 2, 3, 3])
    expect(nearestIndex([], 1)).toBe(-1)
  })
  it('reads between points, and nothing outside', () => {
    const x = Float64Array.from([0, 10])
    const y = Float64Array.from([1, 3])
    expect(valueAt(x, y, 5)).toBe(2)
    expect(valueAt(x, y, 11)).toBeNaN()
  })
  it('orders lines by distance and gives up beyond the reach', () => {
    const sx = makeScale('linear', [0, 100], [0, 100])
    const sy = makeScale('linear', [0, 100], [100, 0])
    const lines = [10, 50, 55].map((v) => {
      const s = series([0, 50, 100], [v, v, v])
      return { series: s, values: s.last }
    })
    expect(nearestLines(lines, sx, sy, 50, 48, 50, 24, 5).map((n) => [n.line, n.distance])).toEqual([
      [1, 2],
      [2, 3],
    ])
    expect(nearestLines(lines, sx, sy, 50, 80, 50, 5, 5)).toEqual([])
  })
  it('counts a bucket as near anywhere on its stroke', () => {
    const s = {
      ...series([0, 50, 100], [10, 10, 10]),
      min: Float64Array.from([10, 5, 10]),
      max: Float64Array.from([10, 90, 10]),
    }
    const near = nearestLines(
      [{ series: s, values: s.last }],
      makeScale('linear', [0, 100], [0, 100]),
      makeScale('linear', [0, 100], [100, 0]),
      50,
      20,
      50,
      24,
      5,
    )
    expect(near[0]?.distance).toBe(0)
  })
})

describe('smoothing', () => {
  it('starts at the first value and keeps a constant', () => {
    expect([...smoothEma(Float64Array.from([0, 1, 2]), Float64Array.from([3, 3, 3]), 0.9)]).toEqual(
      [3, 3, 3].map((v) => expect.closeTo(v, 12)),
    )
  })
  it('is corrected for its start', () => {
    const out = smoothEma(Float64Array.from([0, 1]), Float64Array.from([1, 2]), 0.5)
    expect(out[1]).toBeCloseTo((0.5 * 0.5 * 1 + 0.5 * 2) / (0.25 + 0.5), 12)
  })
  it('does not depend on how a sequence was sampled', () => {
    const x: number[] = []
    for (let i = 0; i <= 1000; i++) x.push(i)
    const y = x.map((v) => v / 1000)
    const dense = smoothEma(Float64Array.from(x), Float64Array.from(y), 0.9)
    // The second half ten times sparser; the median distance stays.
    const keep = x.filter((v) => v <= 800 || v % 10 === 0)
    const sparse = smoothEma(Float64Array.from(keep), Float64Array.from(keep.map((v) => v / 1000)), 0.9)
    expect(Math.abs(sparse[sparse.length - 1]! - dense[dense.length - 1]!)).toBeLessThan(0.01)
  })
  it('passes over what is not finite', () => {
    const out = smoothEma(Float64Array.from([0, 1, 2]), Float64Array.from([1, NaN, 1]), 0.5)
    expect(out[1]).toBeNaN()
    expect(out[2]).toBeCloseTo(1, 12)
  })
})

describe('extent and outliers', () => {
  const calm = series(
    Array.from({ length: 1000 }, (_, i) => i),
    Array.from({ length: 1000 }, (_, i) => (i === 500 ? 1000 : Math.sin(i))),
  )
  it('clips rare far values, and says how many', () => {
    const e = extentOf([calm], 0, 999, false)
    expect(e.hi).toBe(1000)
    const r = shownRange(e, 'auto')
    expect(r.clips).toBe(true)
    expect(r.hi).toBeLessThan(2)
    expect(countClipped([calm], 0, 999, r.lo, r.hi)).toBe(1)
    expect(shownRange(e, 'off')).toEqual({ lo: e.lo, hi: 1000, clips: false })
  })
  it('fits the visible part', () => {
    expect(extentOf([calm], 501, 999, false).hi).toBeLessThan(1.1)
  })
  it('counts what a log axis hides', () => {
    const e = extentOf([series([0, 1, 2, 3], [-1, 0, 0.5, 2])], 0, 3, true)
    expect([e.notPositive, e.lo, e.hi, e.atLeast]).toEqual([2, 0.5, 2, false])
  })
  it('takes in a line that is seen between two points', () => {
    const s = series([0, 10, 20], [0, 100, 0])
    expect([extentOf([s], 12, 18, false)].map((e) => [e.lo, e.hi])).toEqual([[20, 80]])
    expect([extentOf([s], 5, 12, false)].map((e) => [e.lo, e.hi])).toEqual([[50, 100]])
  })
  it('finds the visible part with a neighbour on each side', () => {
    expect(visibleRange([0, 10, 20, 30, 40], 12, 28)).toEqual([1, 4])
    expect(visibleRange([0, 10, 20], -5, 50)).toEqual([0, 3])
  })
})

const MEAN = { line: 'mean', band: 'min-max' } as const

describe('aggregate', () => {
  it('gives mean and extremes, and never hides a spike', () => {
    const x = Array.from({ length: 5000 }, (_, i) => i)
    const a = series(
      x,
      x.map(() => 1),
    )
    const b = series(
      x,
      x.map((v) => (v === 2222 ? 50 : 3)),
    )
    const out = aggregate(
      [
        { series: a, values: a.last },
        { series: b, values: b.last },
      ],
      makeScale('linear', [0, 4999], [0, 400]),
      200,
      MEAN,
    )
    expect(out.line[10]).toBeCloseTo(2, 9)
    expect(Math.max(...out.hi!)).toBe(50)
    expect(Math.min(...out.lo!)).toBe(1)
  })

  it('gives the mean of all members where they end inside a column, not the middle of their range', () => {
    const ends = (last: number) => {
      const s = series([0, 98], [1, last])
      return { series: s, values: s.last }
    }
    const out = aggregate([ends(1), ends(1), ends(1), ends(9)], makeScale('linear', [0, 100], [0, 100]), 10, MEAN)
    expect([[...out.x], [...out.line], [...out.n]]).toEqual([
      [0, 98],
      [1, 3],
      [4, 4],
    ])
    const zoomed = aggregate([ends(1), ends(1), ends(1), ends(9)], makeScale('linear', [90, 110], [0, 100]), 2, MEAN)
    expect([[...zoomed.x], [...zoomed.line]]).toEqual([[98], [3]])
    const behind = aggregate([ends(1), ends(1), ends(1), ends(9)], makeScale('linear', [96, 106], [0, 100]), 2, MEAN)
    expect(behind.line[0]).toBe(3)
    expect([behind.lo![0], behind.hi![0]]).toEqual([1, 9])
    expect(behind.x).toHaveLength(1)
  })

  it('is read at the first and the last step, of several in one column', () => {
    const member = (v: number) => {
      const x = Array.from({ length: 690 }, (_, i) => i)
      const s = series(
        x,
        x.map((i) => (i === 0 || i === 689 ? v : 50)),
      )
      return { series: s, values: s.last }
    }
    const members = [member(1), member(3)]
    const out = aggregate(members, makeScale('linear', [0, 689], [0, 438]), 292, MEAN)
    expect([out.x[0], out.x.at(-1), out.line[0], out.line.at(-1)]).toEqual([0, 689, 2, 2])
    const zoomed = aggregate(members, makeScale('linear', [100.5, 400.5], [0, 100]), 60, MEAN)
    expect([zoomed.x[0], zoomed.x.at(-1)]).toEqual([101, 400])
  })

  it('keeps a spike at the very end, and single points between values that are not finite', () => {
    const s = series([0, 1, 2, 3, 4], [1, NaN, 5, NaN, 40])
    const out = aggregate([{ series: s, values: s.last }], makeScale('linear', [0, 4], [0, 40]), 8, MEAN)
    expect([[...out.x], [...out.line], [...out.hi!]]).toEqual([
      [0, 1, 2, 3, 4],
      [1, NaN, 5, NaN, 40],
      [1, NaN, 5, NaN, 40],
    ])
  })

  it('is read at steps that the members logged, and counts those that have a value there', () => {
    const run = (last: number, every = 10, value = 1) => {
      const x = Array.from({ length: last / every + 1 }, (_, i) => i * every)
      const s = series(
        x,
        x.map(() => value),
      )
      return { series: s, values: s.last }
    }
    const sx = makeScale('linear', [0, 5000], [0, 600])
    const out = aggregate([run(5000), run(5000), run(300, 10, 7), run(5000, 15)], sx, 400, MEAN)
    expect(out.x.length).toBeGreaterThan(200)
    // Also those of the last one are between two of its points there.
    expect([...out.x].filter((x) => x % 10 !== 0)).toEqual([])
    expect(new Set(Array.from(out.x, (x, i) => (x <= 300 ? 4 : x <= 4995 ? 3 : 2) - out.n[i]!))).toEqual(new Set([0]))
    const all = aggregate([run(5000), run(300, 10, 7)], sx, 400, { ...MEAN, onlyAll: true })
    expect(Array.from(all.line, (v, i) => [all.x[i]! <= 300, v]).filter(([has, v]) => has !== (v === 4))).toEqual([])
  })

  it('has no interval of one value, and of two says both', () => {
    const member = (x: number[], v: number) => {
      const s = series(
        x,
        x.map(() => v),
      )
      return { series: s, values: s.last }
    }
    const out = aggregate(
      [member([0, 1, 2], 1), member([0, 1], 3), member([0], 8)],
      makeScale('linear', [0, 2], [0, 300]),
      200,
      { line: 'mean', band: 't95' },
    )
    expect([...out.n]).toEqual([3, 2, 1])
    expect([...out.line]).toEqual([4, 2, 1])
    expect(out.pair && [[...out.pair.lo], [...out.pair.hi]]).toEqual([
      [NaN, 1, NaN],
      [NaN, 3, NaN],
    ])
    const half = 4.302652729749464 * Math.sqrt(13 / 3) // scipy.stats.t.ppf(0.975, 2) times the standard error
    expect([...out.hi!]).toEqual([expect.closeTo(4 + half, 6), NaN, NaN])
  })

  it('does not read over what is not finite, nor over gaps where they are shown', () => {
    const nan = series([0, 2], [1, 1], { nonfinite: [[1, 'nan']], nonfiniteTotal: 1 })
    const whole = series([0, 1, 2], [3, 3, 3])
    const sx = makeScale('linear', [0, 2], [0, 300])
    const members = [nan, whole].map((s) => ({ series: s, values: s.last }))
    expect([...aggregate(members, sx, 200, MEAN).n]).toEqual([2, 1, 2])
    const gap = series([0, 1, 2, 10], [1, 1, 1, 1])
    const dense = series(
      Array.from({ length: 11 }, (_, i) => i),
      new Array<number>(11).fill(1),
    )
    const both = [gap, dense].map((s) => ({ series: s, values: s.last }))
    const wide = makeScale('linear', [0, 10], [0, 300])
    expect([...aggregate(both, wide, 200, { ...MEAN, gaps: 'on' }).n]).toEqual([2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 2])
    expect(new Set(aggregate(both, wide, 200, MEAN).n)).toEqual(new Set([2]))
  })
})

describe('outliers', () => {
  it('of a logarithmic axis are measured in decades', () => {
    const decay = Array.from({ length: 4000 }, (_, i) => 1 / (i + 1))
    const e = extentOf(
      [
        series(
          decay.map((_, i) => i),
          decay,
        ),
      ],
      0,
      4000,
      true,
    )
    expect(shownRange(e, 'auto', true)).toEqual({ lo: e.lo, hi: e.hi, clips: false })
    expect(shownRange(e, 'auto').clips).toBe(true)
    expect(shownRange({ ...e, hi: 1e30 }, 'auto', true).clips).toBe(true)
    expect(leastPositive([-1, 0, 5, 7])).toBe(5)
    expect(leastPositive([-1, 0])).toBe(Infinity)
  })
})

describe('a chart without a line', () => {
  const none: Extent = { lo: Infinity, hi: -Infinity, p1: NaN, p99: NaN, notPositive: 0, atLeast: false, points: 0 }
  const spec = {
    lines: [{}] as unknown as ChartSpec['lines'],
    xAxis: 'metric:acc' as const,
    xKind: 'linear' as const,
    yKind: 'linear' as const,
    xDomain: [0, 1] as const,
  }
  const drawn = [{ series: series([0], [NaN]), values: new Float64Array(1), line: {} }] as unknown as Drawn[]
  it('says why', () => {
    expect(whyNothing(spec, drawn, { ...none, lo: 0, hi: 1 }, 0, 0)).toBe('')
    expect(whyNothing(spec, drawn, none, 0, 4)).toMatch(/^no value of acc at these steps in a context that fits/)
    expect(whyNothing({ ...spec, xAxis: 'epoch' }, drawn, none, 0, 4)).toMatch(/^these points have no epoch/)
    expect(whyNothing({ ...spec, yKind: 'log' }, drawn, { ...none, notPositive: 4 }, 0, 0)).toMatch(/^no value above 0/)
    expect(whyNothing({ ...spec, xKind: 'log', xDomain: [-1, 0] }, drawn, { ...none, lo: 0, hi: 1 }, 0, 0)).toMatch(
      /^no acc above 0/,
    )
    expect(whyNothing(spec, drawn, none, 4, 0)).toMatch(/^no finite value/)
    expect(whyNothing(spec, drawn, none, 0, 0)).toBe('no points in this range')
    expect(whyNothing(spec, [], none, 0, 0)).toBe('all lines are hidden')
    expect(whyNothing({ ...spec, lines: [] }, [], none, 0, 0)).toBe('no points yet')
  })
})

describe('bands', () => {
  it('are the spread of the members', () => {
    const lines = [1, 2, 3, 6].map((v) => {
      const s = series([0, 10], [v, v])
      return { series: s, values: s.last }
    })
    const sx = makeScale('linear', [0, 10], [0, 100])
    const at = (line: 'mean' | 'median', band: 'std' | 'stderr' | 'iqr' | 't95') => {
      const a = aggregate(lines, sx, 10, { line, band })
      return [a.line[1], a.lo![1], a.hi![1]]
    }
    const std = Math.sqrt(14 / 3)
    expect(at('mean', 'std')).toEqual([3, expect.closeTo(3 - std, 9), expect.closeTo(3 + std, 9)])
    expect(at('mean', 'stderr')).toEqual([3, expect.closeTo(3 - std / 2, 9), expect.closeTo(3 + std / 2, 9)])
    expect(at('median', 'iqr')).toEqual([2.5, 1.75, 3.75])
    // scipy.stats.t.ppf(0.975, 3)
    const half = (3.182446305283708 * std) / 2
    expect(at('mean', 't95')).toEqual([3, expect.closeTo(3 - half, 9), expect.closeTo(3 + half, 9)])
  })
})

describe('frames', () => {
  const bytes = () =>
    writeFrame(
      {
        sequences: [
          {
            id: 'r/0',
            run: 'r',
            name: 'loss',
            context: { subset: 'val' },
            x: 0,
            last: 1,
            total: 3,
            exact: true,
            nonfinite: [[2, 'nan']],
            nonfinite_total: 1,
          },
        ],
        complete: true,
      },
      [Uint32Array.from([0, 1, 3]), Float32Array.from([0.5, 0.25, 0.125])],
    )
  it('are read as written', () => {
    const { frame, end } = readFrame(bytes(), 0)!
    expect(end).toBeGreaterThan(0)
    expect([...frame.series[0]!.x]).toEqual([0, 1, 3])
    expect([...frame.series[0]!.last]).toEqual([0.5, 0.25, 0.125])
    expect(frame.series[0]!.nonfinite).toEqual([[2, 'nan']])
  })
  it('are cut out of a stream wherever it is broken', () => {
    const one = bytes()
    const all = new Uint8Array([...one, ...one, ...one])
    for (const size of [1, 7, 64, 100, 1000]) {
      const reader = new FrameReader()
      let n = 0
      for (let at = 0; at < all.length; at += size)
        for (const f of reader.push(all.slice(at, at + size))) n += f.series.length
      expect([n, reader.pending]).toEqual([3, 0])
    }
  })
  it('that are none are refused', () => {
    expect(() => readFrame(new TextEncoder().encode('{"error": {}} or so'), 0)).toThrow(/TSF1/)
  })
  it('JSON brings the floats it lacks', () => {
    expect(parseJson('{"a": {"$float": "nan"}, "b": {"$float": "-inf"}, "c": 1}')).toEqual({
      a: NaN,
      b: -Infinity,
      c: 1,
    })
  })
})

describe('grid window', () => {
  it('holds the rows in sight and some more', () => {
    const s = rowSpan(28_000, 560, 28, 10_000)
    expect(s.from).toBeLessThanOrEqual(992)
    expect(s.to).toBeGreaterThanOrEqual(1028)
    expect(s.to - s.from).toBeLessThan(50)
    expect(rowSpan(0, 560, 28, 5)).toEqual({ from: 0, to: 5 })
  })
  it('holds the columns in sight beside the pinned one', () => {
    const edges = columnEdges([200, ...Array.from({ length: 99 }, () => 100)])
    expect(columnSpan(edges, 1, 0, 1000)).toEqual({ from: 1, to: 10 })
    const far = columnSpan(edges, 1, 5000, 1000)
    expect(far.from).toBeGreaterThan(45)
    expect(far.to - far.from).toBeLessThan(14)
  })
})
