import { describe, expect, it } from 'vitest'
import { makeScale, padDomain } from '../src/charts/data/scales'
import { rangeText, xTicks, yTicks, type Ticks, type XAxis } from '../src/charts/layout/axis'
import { clockLabels, shortLabels, tickLabels } from '../src/charts/layout/labels'
import { linearTicks, logTicks, timeTicks } from '../src/charts/layout/ticks'

const plain = (text: string) => text.replace(/\u2009/g, '').replace(/^\u2212/, '-')

/** The number that a label says. */
function readNumber(label: string): number {
  const found = /^(-?[\d.]+(?:e[-+]?\d+)?)([kMGT]?)$/.exec(plain(label))
  if (!found) throw new Error(`not a label: ${label}`)
  return Number(found[1]) * { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 }[found[2] as '' | 'k']
}

const SECONDS = { d: 86400, h: 3600, m: 60, s: 1 }

/** The seconds that a label of relative time says. */
function readSpan(label: string): number {
  const text = plain(label)
  const parts = [...text.matchAll(/([\d.]+)([dhms])/g)]
  const sum = parts.reduce((n, [, v, unit]) => n + Number(v) * SECONDS[unit as 'd'], 0)
  return text.startsWith('-') ? -sum : sum
}

/** All labels of an axis differ, and each says its tick to less than half of the distance to its neighbours. */
function expectTrue({ at, labels, offset }: Ticks, read: (text: string) => number = readNumber): void {
  const fail = (what: string) => expect.fail(`${what}: ${JSON.stringify({ at, labels, offset })}`)
  if (new Set(labels).size !== at.length) fail('two are the same')
  const from = offset ? read(offset.replace(/ \+$/, '')) : 0
  at.forEach((t, i) => {
    const apart = Math.min(i > 0 ? t - at[i - 1]! : Infinity, i + 1 < at.length ? at[i + 1]! - t : Infinity)
    if (!Number.isFinite(apart)) return
    if (!(Math.abs(from + read(labels[i]!) - t) < apart / 2)) fail(`not ${t}`)
  })
}

/** Random numbers that are the same every time. */
function randoms(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const linear = (lo: number, hi: number, height = 300) => yTicks(makeScale('linear', [lo, hi], [height, 0]), height)
const log = (lo: number, hi: number, height = 300) => yTicks(makeScale('log', [lo, hi], [height, 0]), height)

describe('the labels of an axis', () => {
  it('differ and read back to their ticks, wherever the axis is', () => {
    const random = randoms(7)
    for (let i = 0; i < 600; i++) {
      const base = (random() - 0.5) * 10 ** (random() * 60 - 30)
      const span = Math.abs(base) * 10 ** (3 - 16 * random())
      const height = 80 + Math.floor(random() * 2000)
      expectTrue(linear(base, base + span, height))
      expectTrue(linear(-span * random(), span, height))
      const low = 10 ** (random() * 40 - 20)
      expectTrue(log(low, low * 10 ** (random() * 12), height))
      const domain = [base, base + span] as const
      const scale = makeScale('linear', domain, [0, height])
      for (const axis of ['step', 'epoch', 'metric:loss'] as const) expectTrue(xTicks(axis, scale, height))
    }
  })
  it('of time differ, too, from microseconds to decades', () => {
    const random = randoms(11)
    for (let i = 0; i < 500; i++) {
      const span = 10 ** (random() * 14 - 5)
      const from = random() < 0.3 ? 0 : random() * 10 ** (random() * 8)
      const width = 150 + Math.floor(random() * 2000)
      const scale = makeScale('linear', [from, from + span], [0, width])
      expectTrue(xTicks('relative_time', scale, width), readSpan)
      const start = 1.8e9 + random() * 1e8
      const { labels } = xTicks('time', makeScale('linear', [start, start + Math.max(span, 1e-4)], [0, width]), width)
      expect(new Set(labels).size, labels.join(', ')).toBe(labels.length)
    }
  })
  it('reach the largest and the smallest floats', () => {
    for (const [lo, hi] of [
      [-1.7e308, 1.7e308],
      [0, 1.7e308],
      [1.6e308, 1.7e308],
      [-1e-310, 1e-310],
      [0, 1e-310],
      [1e-310, 3e-310],
    ] as const) {
      const ticks = linear(...padDomain('linear', lo, hi, 0.05))
      expect(ticks.at.length).toBeGreaterThan(1)
      expectTrue(ticks)
    }
    for (const [lo, hi] of [
      [1e-310, 1e-300],
      [5e-324, 1.7e308],
    ] as const)
      expectTrue(log(lo, hi))
  })
  it('of far steps have what they share in front', () => {
    const x = xTicks('step', makeScale('linear', [1_234_560, 1_234_580], [0, 800]), 800)
    expect(x.offset).toBe('1\u2009234\u2009560 +')
    expect(x.labels).toEqual(['0', '2', '4', '6', '8', '10', '12', '14', '16', '18', '20'])
    const y = linear(1e6 - 0.03, 1e6 + 0.03, 200)
    expect(y.offset).toBe('1\u2009000\u2009000 +')
    expect(y.labels).toEqual(['\u22120.02', '0', '0.02'])
  })
  it('have the suffix of their own size, as people read them', () => {
    expect(tickLabels([50e3, 100e3, 200e3, 500e3, 1e6])).toEqual(['50k', '100k', '200k', '500k', '1M'])
    expect(tickLabels([0, 200e3, 400e3, 600e3, 800e3, 1e6])).toEqual(['0', '200k', '400k', '600k', '800k', '1M'])
    expect(tickLabels([50, 100, 200, 500])).toEqual(['50', '100', '200', '500'])
    expect(tickLabels([100, 1e3, 1e4, 1e5])).toEqual(['100', '1k', '10k', '100k'])
    expect(tickLabels([0, 2e-5, 4e-5, 1e-4])).toEqual(['0', '2e-5', '4e-5', '1e-4'])
    expect(tickLabels(logTicks(1e-6, 1, 8))).toEqual(['1e-6', '1e-5', '1e-4', '0.001', '0.01', '0.1', '1'])
  })
  it('of relative time leave out what all of them have', () => {
    const at = timeTicks(2 * 86400 + 3 * 3600 + 10, 2 * 86400 + 3 * 3600 + 60, 6)
    const x = xTicks('relative_time', makeScale('linear', [at[0]!, at[at.length - 1]!], [0, 500]), 500)
    expect(x.offset).toBe('2d 3h +')
    expect(x.labels).toEqual(['10s', '20s', '30s', '40s', '50s', '1m'])
  })
  it('of wall time name the day where an hour is there twice, and the year where a day is', () => {
    const day = 86400
    const start = Date.UTC(2026, 0, 1) / 1000
    expect(new Set(clockLabels([0, 1, 2, 3, 4, 5].map((i) => start + (i * day) / 2))).size).toBe(6)
    expect(new Set(clockLabels([0, 365, 730].map((d) => start + d * day))).size).toBe(3)
  })
  it('are short where a single tick is', () => {
    expect(shortLabels([0.25])).toEqual({ labels: ['0.25'], offset: '' })
    expect(linearTicks(0.9, 1.1, 1)).toEqual([1])
  })
})

describe('a range in words', () => {
  it.each<[XAxis, [number, number], string]>([
    ['step', [1_234_500, 1_234_600], '1\u2009234\u2009500 – 1\u2009234\u2009600'],
    ['step', [12.345, 78.9], '12.3 – 78.9'],
    ['epoch', [0.5, 1.25], '0.5 – 1.25'],
    ['metric:loss', [1e-9, 2e-9], '1e-9 – 2e-9'],
    ['relative_time', [90, 7200], '1m 30s – 2h'],
  ])('on the axis %s', (axis, range, text) => expect(rangeText(axis, range)).toBe(text))
})
