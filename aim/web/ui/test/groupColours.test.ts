// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest'
import type { MetricRun } from '../src/base/api/types'
import { LEVELS, NEUTRAL, numberSlot, slotColour, slotVariable, statusSlot, type Palette } from '../src/base/palette'
import { readSlots, runSlot } from '../src/base/runColours'
import { colourGroups, Places, scaleOf, shareOf, valueAtShare } from '../src/parts/curves/groupColours'

const bare = (keys: readonly string[]) => keys.map((key) => ({ key, label: key, title: key }))
const runs: Record<string, MetricRun> = {}

function colours(colour: string, keys: readonly string[], places = new Places(), dash = '') {
  return colourGroups(bare(keys), { colour, dash, places, chosen: {}, runs, ownSlots: {} })
}
const slots = (colour: string, keys: readonly string[], places?: Places) =>
  colours(colour, keys, places).groups.map((g) => g.slot)

describe('the colour of a run', () => {
  const hashes = Array.from({ length: 400 }, (_, i) => (i * 2654435761).toString(16).padStart(12, '0'))
  it('is that of its hash, whatever else is shown and in whichever order', () => {
    const all = slots('run', hashes)
    const some = hashes.filter((_, i) => i % 7 === 3).reverse()
    expect(slots('run', some)).toEqual(some.map((h) => all[hashes.indexOf(h)]))
    expect(new Set(all)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]))
    for (let slot = 0; slot < 8; slot++) expect(all.filter((s) => s === slot).length).toBeGreaterThan(20)
  })
  it('has no dash, however many runs there are', () => {
    expect(colours('run', hashes).groups.every((g) => g.dash === 0 && g.slot !== NEUTRAL)).toBe(true)
  })
  it('is the one of the address, of this browser, of the server, of the hash, in this order', () => {
    expect(runSlot({ hash: 'a', slot: 3 }, {})).toBe(3)
    expect(runSlot({ hash: 'a', slot: 3 }, { a: 5 })).toBe(5)
    const how = { colour: 'run', dash: '', places: new Places(), chosen: { a: 1 }, runs, ownSlots: { a: 5, b: 6 } }
    expect(colourGroups(bare(['a', 'b']), how).groups.map((g) => g.slot)).toEqual([1, 6])
  })
  it('is read back as it was kept, without what is not a slot', () => {
    expect(readSlots('{"a":3,"b":9,"c":"2","d":-1,"e":1.5}')).toEqual({ a: 3 })
    expect([readSlots(''), readSlots('no json'), readSlots('null')]).toEqual([{}, {}, {}])
  })
})

describe('the colours of numbers', () => {
  it('follow the size of the numbers, by decade where they span more than two', () => {
    const lr = ['0.0003', '0.1', '1e-5', '0.001', '0.0001', '0.00003']
    const { groups, scale } = colours('params.lr', lr)
    expect(scale).toEqual({ lo: 1e-5, hi: 0.1, isLog: true })
    const bySize = [...groups].sort((a, b) => Number(a.key) - Number(b.key))
    expect(bySize.map((g) => g.rank)).toEqual([0, 1, 2, 3, 4, 5])
    expect(bySize.map((g) => g.slot)).toEqual(bySize.map((g) => g.slot).sort((a, b) => a - b))
    expect(new Set(bySize.map((g) => g.slot)).size).toBe(6)
    expect(groups[3]!.slot).toBe(numberSlot(0.5))
    expect(scaleOf(['16', '32', '128'])).toEqual({ lo: 16, hi: 128, isLog: false })
  })
  it('leave out what has none, and put 0 at the lower end of a logarithmic scale', () => {
    const { groups, scale } = colours('params.decay', ['none', '0', '0.0001', '0.1'])
    expect(scale!.isLog).toBe(true)
    expect(groups.map((g) => g.slot)).toEqual([NEUTRAL, numberSlot(0), numberSlot(0), numberSlot(1)])
    expect(groups.map((g) => g.rank)).toEqual([3, 0, 1, 2])
  })
  it('are not those of texts, truth values or one value', () => {
    expect(scaleOf(['1', '2', 'many'])).toBeNull()
    expect(scaleOf(['true', 'false'])).toBeNull()
    expect(scaleOf(['3', '3'])).toBeNull()
    expect(scaleOf([''])).toBeNull()
  })
  it('have ends and a middle that say where a colour is', () => {
    const log = { lo: 1e-5, hi: 0.1, isLog: true }
    const linear = { lo: -1e308, hi: 1e308, isLog: false }
    expect([0, 0.5, 1].map((s) => valueAtShare(log, s))).toEqual([1e-5, expect.closeTo(1e-3, 9), 0.1])
    expect([0, 0.5, 1].map((s) => valueAtShare(linear, s))).toEqual([-1e308, 0, 1e308])
    expect(shareOf({ lo: 2, hi: 4, isLog: false }, 3)).toBe(0.5)
    expect(shareOf(linear, 0)).toBe(0.5)
  })
  it('are stops of the palette and what is between them, the same in swatches', () => {
    const p = { numbers: Array.from({ length: 8 }, (_, i) => `#${i}0${i}0${i}0`) } as unknown as Palette
    expect([numberSlot(0), numberSlot(1)].map((s) => slotColour(p, s))).toEqual(['#000000', '#707070'])
    expect(slotColour(p, numberSlot(0.5))).toMatch(/^#3[0-9a-f]3[0-9a-f]3[0-9a-f]$/)
    expect(slotVariable(numberSlot(0))).toBe('var(--line-seq-0)')
    expect(slotVariable(numberSlot(0.5))).toMatch(
      /^color-mix\(in srgb, var\(--line-seq-3\), var\(--line-seq-4\) [0-9.]+%\)$/,
    )
    expect(new Set(Array.from({ length: LEVELS }, (_, i) => slotColour(p, numberSlot(i / (LEVELS - 1))))).size).toBe(
      LEVELS,
    )
  })
})

describe('the colours of statuses', () => {
  it('are those of the words', () => {
    const all = ['finished', 'running', 'stalled', 'failed', 'crashed']
    expect(slots('status', all).map(slotVariable)).toEqual(
      ['ok', 'run', 'warn', 'err', 'err'].map((token) => `var(--${token})`),
    )
    expect(slots('run.status', all)).toEqual(all.map(statusSlot))
    expect(statusSlot('no such')).toBe(NEUTRAL)
  })
})

describe('the colours of other values', () => {
  it('are in the order of the values, and stay while the view lives', () => {
    const places = new Places()
    expect(slots('params.opt', ['sgd', 'adamw', 'none', 'lion'], places)).toEqual([2, 0, 3, 1])
    expect(slots('params.opt', ['lion', 'adafactor'], places)).toEqual([1, 4])
    expect(slots('params.amp', ['true', 'false'])).toEqual([1, 0])
  })
  it('begin with what has no context', () => {
    expect(slots('context', ['subset=val', 'subset=train', 'no context'])).toEqual([2, 1, 0])
  })
  it('come with dashes only where a field gives them', () => {
    const keys = ['a\u0000x', 'a\u0000y', 'b\u0000x']
    expect(colours('params.opt', keys, new Places(), 'subset').groups.map((g) => [g.slot, g.dash])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
    ])
  })
})

it('keeps the choice of a colour for a run beyond the page', async () => {
  localStorage.setItem('aim.colours', '{"a":6}')
  vi.resetModules()
  const { useRunColours } = await import('../src/base/runColours')
  expect(useRunColours.getState().chosen).toEqual({ a: 6 })
  useRunColours.getState().choose('b', 2)
  useRunColours.getState().choose('a', null)
  expect(localStorage.getItem('aim.colours')).toBe('{"b":2}')
})
