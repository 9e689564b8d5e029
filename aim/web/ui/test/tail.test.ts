import { describe, expect, it } from 'vitest'
import { appendTails, tailBegin } from '../src/charts/data/tail'
import type { Series } from '../src/base/series'

type Point = readonly [number, number]

const base = (id: string) => ({ id, run: 'r', name: 'loss', context: {}, smooth: null })

/** What the server answers: points as they are, or in buckets of `size` points each. */
function served(id: string, points: readonly Point[], size = 1, since = -Infinity): Series {
  const finite = points.filter(([, y]) => Number.isFinite(y))
  const bad = points.filter(([x, y]) => !Number.isFinite(y) && x >= since)
  const begin = finite.findIndex(([x]) => x >= since)
  const shown = begin < 0 ? finite.slice(-1) : finite.slice(Math.max(0, begin - 1))
  const buckets: Point[][] = []
  for (let i = 0; i < shown.length; i += size) buckets.push(shown.slice(i, i + size))
  const of = (f: (b: Point[]) => number) => Float64Array.from(buckets, f)
  const inBuckets = size > 1
  return {
    ...base(id),
    x: of((b) => b[0]![0]),
    last: of((b) => b.at(-1)![1]),
    first: inBuckets ? of((b) => b[0]![1]) : null,
    min: inBuckets ? of((b) => Math.min(...b.map(([, y]) => y))) : null,
    max: inBuckets ? of((b) => Math.max(...b.map(([, y]) => y))) : null,
    count: inBuckets ? of((b) => b.length) : null,
    total: points.filter(([x]) => x >= since).length,
    exact: !inBuckets,
    nonfinite: bad.map(([x]) => [x, 'nan'] as const),
    nonfiniteTotal: bad.length,
    ...(since > -Infinity ? { before: points.filter(([x]) => x < since).length } : {}),
  }
}

const line = (n: number): Point[] => Array.from({ length: n }, (_, i) => [i, i === 12 ? NaN : Math.sin(i * 7)] as const)

function grow(known: Series, points: readonly Point[], buckets: number): Series | undefined {
  return appendTails(new Map([[known.id, known]]), [served(known.id, points, 1, tailBegin(known)!)], buckets)[0]
}

describe('appending what came since', () => {
  it('gives what fetching the whole gives', () => {
    let s = served('a', line(5))
    for (const n of [6, 9, 13, 14, 20]) s = grow(s, line(n), 100)!
    expect({ ...s, before: undefined }).toEqual({ ...served('a', line(20)), before: undefined })
  })

  it('keeps the extremes and the number of points of buckets', () => {
    const points = line(97)
    let s = served('a', points.slice(0, 55), 10)
    for (const n of [56, 70, 97]) s = grow(s, points.slice(0, n), 60)!
    const ys = points.map(([, y]) => y).filter(Number.isFinite)
    expect([
      Math.min(...s.min!),
      Math.max(...s.max!),
      s.total,
      s.count!.reduce((a, b) => a + b, 0) + s.nonfiniteTotal,
    ]).toEqual([Math.min(...ys), Math.max(...ys), 97, 97])
    // The last of the old buckets is replaced by its points.
    expect([...s.x].every((x, i) => i === 0 || x > s.x[i - 1]!)).toBe(true)
    expect(s.last.at(-1)).toBe(points[96]![1])
  })

  it('gives up where older points have changed, and where there are too many', () => {
    const s = served('a', line(10))
    expect(
      grow(
        s,
        [...line(10), [3.5, 1] as const].sort((a, b) => a[0] - b[0]),
        100,
      ),
    ).toBeUndefined()
    expect(grow(s, line(11).slice(1), 100)).toBeUndefined()
    expect(grow(s, line(11), 10)).toBeUndefined()
    expect(tailBegin(served('a', []))).toBeNull()
    expect(tailBegin(undefined)).toBeNull()
  })

  it('lets sequences with equal steps go on sharing them', () => {
    const a = served('a', line(5))
    const b = { ...served('b', line(5)), x: a.x }
    const ta = served('a', line(7), 1, 4)
    const tb = { ...served('b', line(7), 1, 4), x: ta.x }
    const [c, d] = appendTails(
      new Map([
        ['a', a],
        ['b', b],
      ]),
      [ta, tb],
      100,
    )
    expect(c!.x).toBe(d!.x)
  })
})
