import { describe, expect, it } from 'vitest'
import { endRoom, fitText, hasValueRoom, pickEnds, spreadOut } from '../src/charts/draw/endLabels'
import { makeScale } from '../src/charts/data/scales'
import { shortNames } from '../src/charts/layout/shortNames'
import type { End } from '../src/charts/layout/model'

const end = (y: number, isStrong = false): End => ({ slot: 0, name: `${y}`, value: y, x: 1, y, n: null, isStrong })
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
    const room = (names: string[], width: number) =>
      hasValueRoom(
        names.map((name) => ({ name, n: null })),
        () => width,
        (t) => t.length,
      )
    expect(room(['lr0.8-h64-s1', 'lr0.8-h128-s1'], 13)).toBe(true)
    expect(room(['lr0.8-h64-s1', 'lr0.8-h128-s1'], 6)).toBe(false)
    expect(room(['val', 'train'], 5)).toBe(true)
    expect(room(['a-long-name-of-a-run-0', 'a-long-name-of-a-run-1'], 12)).toBe(true)
    // Cut to the same letters, two runs would be one.
    expect(room(['a-long-name-1-of-a-run', 'a-long-name-2-of-a-run'], 12)).toBe(false)
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
