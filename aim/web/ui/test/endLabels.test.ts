import { describe, expect, it } from 'vitest'
import { endRoom, endTexts, lineEnds, pickEnds, spreadOut } from '../src/charts/draw/endLabels'
import { makeScale } from '../src/charts/data/scales'
import { areApart, fitNames, fitText } from '../src/charts/layout/fitNames'
import { lineNames, shortNames } from '../src/charts/layout/shortNames'
import type { ChartSpec, Drawn, End } from '../src/charts/layout/model'

const end = (y: number, isStrong = false): End => ({
  slot: 0,
  name: `${y}`,
  value: y,
  x: 1,
  y,
  place: '',
  n: null,
  isStrong,
})
const box = { top: 0, height: 200 }

describe('names at the ends of lines', () => {
  it('are what differs, in whole words', () => {
    expect(shortNames(['vit-small-adamw-lr0.001-seed0', 'vit-small-sgd-lr0.001-seed0'])).toEqual(['adamw', 'sgd'])
    expect(shortNames(['subset=train', 'subset=val'])).toEqual(['train', 'val'])
    expect(shortNames(['lr1e-05', 'lr1e-04'])).toEqual(['lr1e-05', 'lr1e-04'])
    expect(shortNames(['0.001', '0.003'])).toEqual(['0.001', '0.003'])
    expect(shortNames(['calm-heron-21', 'brisk-otter-21'])).toEqual(['calm-heron', 'brisk-otter'])
    expect(shortNames(['base', 'base-wide', 'base'])).toEqual(['base', 'base-wide', 'base'])
    expect(shortNames(['alone'])).toEqual(['alone'])
    expect(shortNames(['a-b', 'a-b-b'])).toEqual(['b', 'b-b'])
    for (const names of [
      ['', 'a-'],
      ['x/', 'x/y'],
      ['-', '--'],
    ])
      expect(shortNames(names).every((n, i) => names[i] === '' || n !== '')).toBe(true)
  })
  it('are cut in the middle', () => {
    expect(fitText('abcdefgh', 5, (t) => t.length)).toBe('ab…gh')
    expect(fitText('abc', 3, (t) => t.length)).toBe('abc')
  })
  it('have room for their whole numbers in charts of any width', () => {
    const measure = (t: string) => 6 * t.length
    const sy = makeScale('linear', [0, 0.01], [100, 0])
    const of = (name: string) => endRoom([{ name, value: 0.009594, n: 12 }], sy, 380, measure)
    // Swatch and distances, the number in bold, the count.
    const numbers = 8 + 8 + 10 + 6 + 1.12 * measure('0.009594') + measure(' n 12')
    expect(of('a long name of a group')).toBeGreaterThan(numbers)
    expect(of('a long name of a group')).toBeLessThan(0.45 * 380)
    expect(of('b')).toBeGreaterThan(numbers)
  })
  it('go before values where both have no room', () => {
    const sy = makeScale('linear', [0, 1], [100, 0])
    const ends = ['lr0.8-h64-s1', 'lr0.8-h128-s1'].map((name) => ({ name, value: 0.8416, n: null }))
    // Swatch, distances and the longer name, not what the value would take.
    expect(endRoom(ends, sy, 410, (t) => 5.5 * t.length)).toBe(Math.ceil(8 + 8 + 5 + 6 + 5.5 * 13))
    expect(endRoom(ends, sy, 700, (t) => 5.5 * t.length)).toBeGreaterThan(130)
    const values = (names: string[], room: number) =>
      endTexts(
        names.map((name) => ({ name, value: 0.5, n: null })),
        room + 5 + 3.36,
        4,
        (t) => t.length,
      ).map((t) => t.value)
    expect(values(['lr0.8-h64-s1', 'lr0.8-h128-s1'], 13)).toEqual(['0.5', '0.5'])
    expect(values(['lr0.8-h64-s1', 'lr0.8-h128-s1'], 6)).toEqual(['', ''])
    expect(values(['val', 'train'], 5)).toEqual(['0.5', '0.5'])
    expect(values(['a-long-name-of-a-run-0', 'a-long-name-of-a-run-1'], 12)).toEqual(['0.5', '0.5'])
  })
  it('are never cut to the same text', () => {
    const length = (t: string) => t.length
    expect(fitText('abcdefghij', 5, length)).toBe('ab…ij')
    const tell = (names: string[], room: number) => {
      const texts = fitNames(names, () => room, length)
      for (const t of texts) expect(t.length).toBeLessThanOrEqual(room)
      expect(areApart(names, texts), texts.join(' ')).toBe(true)
      return texts
    }
    // Both were `lr0.…8-s0`.
    expect(tell(['lr0.01-h128-s0', 'lr0.03-h128-s0'], 9)).toEqual(['lr0.01-h…', 'lr0.03-h…'])
    tell(['a-long-name-1-of-a-run', 'a-long-name-2-of-a-run', 'another'], 12)
    tell(
      Array.from({ length: 8 }, (_, i) => `sweep-2026-11-${i % 2}-lr-0.00${i}-hidden-128-seed-0`),
      9,
    )
    expect(tell(['base', 'base'], 4)).toEqual(['base', 'base'])
    let seed = 3
    const random = (n: number) => (seed = (seed * 16807) % 2147483647) % n
    for (let round = 0; round < 500; round++) {
      const names = [
        ...new Set(
          Array.from({ length: 8 }, () => Array.from({ length: 5 + random(20) }, () => 'ab-'[random(3)]).join('')),
        ),
      ]
      const texts = fitNames(names, () => 8, length)
      expect(new Set(texts).size, `${names.join(' ')} -> ${texts.join(' ')}`).toBeGreaterThanOrEqual(names.length - 1)
    }
  })
  it('are short beside one that is built otherwise', () => {
    expect(shortNames(['vit-adamw-s0', 'vit-sgd-s0', 'vit-lion-s0', 'baseline'])).toEqual([
      'adamw',
      'sgd',
      'lion',
      'baseline',
    ])
    // Not where two would then be the same, or where they are no exception.
    expect(shortNames(['vit-a', 'vit-b', 'vit-c', 'a'])).toEqual(['vit-a', 'vit-b', 'vit-c', 'a'])
    expect(shortNames(['x-a', 'x-b', 'one', 'two'])).toEqual(['x-a', 'x-b', 'one', 'two'])
  })
  it('are all of a few, and of many those that are farthest apart', () => {
    expect(pickEnds([end(30), end(10), end(11), end(500)], box).map((e) => e.y)).toEqual([10, 11, 30, 500])
    const many = Array.from({ length: 90 }, (_, i) => end(40 + i))
    const picked = pickEnds(many, box).map((e) => e.y)
    expect([picked[0], picked.at(-1)]).toEqual([40, 129])
    for (let i = 1; i < picked.length; i++) expect(picked[i]! - picked[i - 1]!).toBeGreaterThanOrEqual(14)
    expect(picked.length).toBeGreaterThan(3)
    expect(pickEnds([...many, end(44, true)], box).some((e) => e.isStrong)).toBe(true)
    expect(
      pickEnds(
        Array.from({ length: 20 }, () => end(900)),
        box,
      ),
    ).toEqual([])
  })
  it('never cover each other, nor leave the plot', () => {
    let seed = 7
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
    for (let round = 0; round < 200; round++) {
      const wishes = Array.from({ length: 1 + Math.floor(random() * 8) }, () => random() * 240 - 20).sort(
        (a, b) => a - b,
      )
      const at = spreadOut(wishes, 6, 194)
      for (let i = 0; i < at.length; i++) {
        expect(at[i]!).toBeGreaterThanOrEqual(6 - 1e-9)
        expect(at[i]!).toBeLessThanOrEqual(194 + 1e-9)
        if (i > 0) expect(at[i]! - at[i - 1]!).toBeGreaterThanOrEqual(14 - 1e-9)
      }
    }
    expect(spreadOut([20, 100, 180], 6, 194)).toEqual([20, 100, 180])
    expect(spreadOut([100, 100], 6, 194)).toEqual([93, 107])
  })
})

const SLOT = { key: '', label: '', title: '', slot: 0, dash: 0, rank: 0 }
const spec = (groups: readonly string[]): ChartSpec =>
  ({
    groups: groups.map((label) => ({ ...SLOT, label })),
    xAxis: 'step',
    focus: null,
    selected: new Set(),
  }) as unknown as ChartSpec

/** A line of 0, 1, ... with these values; those that are not finite are marks, as the server sends them. */
function drawn(values: readonly number[], more: Partial<Drawn['line']> = {}, context: object = {}): Drawn {
  const last = Float64Array.from(values)
  const kinds = new Map([
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
  ])
  const nonfinite = values.flatMap((v, x) => (Number.isFinite(v) ? [] : [[x, kinds.get(v) ?? 'nan'] as const]))
  const line = { key: 'k', run: 'r', label: 'run', metric: 'loss', group: 0, live: false, broken: false, ...more }
  const series = { x: Float64Array.from(values, (_, x) => x), last, count: null, nonfinite, context }
  return { line, series, values: last } as unknown as Drawn
}

describe('what a line is called at its end', () => {
  const sx = makeScale('linear', [0, 100], [0, 400])
  const sy = makeScale('linear', [0, 10], [100, 0])
  const at = (d: Drawn, of = sx) => lineEnds(spec(['a']), [d], ['a'], of, sy)[0]!
  const upTo = (n: number) => Array.from({ length: n + 1 }, () => 2)

  it('says where a line ends before the right edge', () => {
    expect(at(drawn(upTo(100))).place).toBe('')
    expect(at(drawn(upTo(40)))).toMatchObject({ place: '@40', value: 2, x: 40 })
    // One that goes on beyond the edge does not end in sight.
    const zoomed = makeScale('linear', [0, 39.5], [0, 40])
    expect(at(drawn(upTo(40)), makeScale('linear', [0, 39.9], [0, 4000])).place).toBe('')
    expect(at(drawn(upTo(40)), zoomed).place).toBe('')
  })
  it('says the value that the table has, also where that is not finite', () => {
    expect(at(drawn([...upTo(99), NaN]))).toMatchObject({ value: NaN, x: 99, y: 80, place: '' })
    expect(at(drawn([...upTo(49), Infinity]))).toMatchObject({ value: Infinity, x: 49, place: '@50' })
    expect(at(drawn([...upTo(49), -Infinity])).value).toBe(-Infinity)
    expect(at(drawn([1, NaN, 3])).value).toBe(3)
    // In what is in sight.
    expect(at(drawn([...upTo(49), NaN]), makeScale('linear', [0, 20], [0, 400])).value).toBe(2)
  })
  it('tells lines of one run, and runs of one name, apart', () => {
    const of = (lines: readonly Drawn[]) => lineNames(spec(['a', 'b']), lines)
    const run = (label: string, hash: string, subset = '') =>
      drawn([1], { label, run: hash, group: 0 }, subset ? { subset } : {})
    expect(of([run('heron', 'r1', 'train'), run('heron', 'r1', 'val')])).toEqual(['train', 'val'])
    expect(of([run('otter', 'r0', 'val'), run('heron', 'r1', 'train'), run('heron', 'r1', 'val')])).toEqual([
      'otter',
      'heron train',
      'heron val',
    ])
    expect(of([run('heron', 'abcdef'), run('heron', '123456'), run('otter', '5')])).toEqual([
      'heron abcd',
      'heron 1234',
      'otter',
    ])
  })
})
