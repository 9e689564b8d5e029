import { describe, expect, it } from 'vitest'
import { checkAddress } from '../src/app/registry'
import { formatRuns, parseRuns, RUNS_DEFAULT, type RunsView } from '../src/features/runs/runsAddress'
import { formatMetrics, METRICS_DEFAULT, parseMetrics, type MetricsView } from '../src/parts/curves/metricsAddress'

/** Random numbers that are the same each time (mulberry32). */
function random(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

class Draw {
  constructor(private readonly next: () => number) {}
  int(n: number): number {
    return Math.floor(this.next() * n)
  }
  of<T>(list: readonly T[]): T {
    return list[this.int(list.length)]!
  }
  list<T>(most: number, f: () => T): T[] {
    return Array.from({ length: this.int(most + 1) }, f)
  }
  maybe<T>(f: () => T, other: T): T {
    return this.next() < 0.5 ? other : f()
  }
  text(): string {
    const pieces = [
      'loss',
      'acc',
      'a b',
      ',',
      '\\',
      ':',
      '=',
      '&',
      '+',
      '%',
      '%2C',
      '#',
      '?',
      '/',
      '.',
      '{"k":"a,b"}',
      '{',
      '}',
      '|',
      'é',
      '😀',
      '\n',
      '"',
      "'",
      '<b>',
      '__proto__',
      'constructor',
      '-',
      '0',
      '1e5',
    ]
    return Array.from({ length: 1 + this.int(4) }, () => this.of(pieces)).join('')
  }
  number(): number {
    return (this.next() - 0.3) * 10 ** (this.int(30) - 12)
  }
  range(): [number, number] {
    const a = this.number()
    const b = a + Math.abs(this.number())
    return a < b ? [a, b] : [0, 1]
  }
  named<T>(f: () => T): Record<string, T> {
    return Object.fromEntries(this.list(3, () => [this.text(), f()] as const))
  }
}

/** Drawn so often. */
const TIMES = 1000

const unique = <T>(list: readonly T[]): T[] => [...new Set(list)]

function anyMetrics(d: Draw): MetricsView {
  return {
    q: d.maybe(() => d.text(), ''),
    show: d.maybe(() => d.text(), ''),
    exprs: unique(d.list(3, () => `${d.text()} - loss`)),
    x: d.of([() => d.of(['step', 'epoch', 'relative_time', 'time'] as const), () => `metric:${d.text()}` as const])(),
    xLog: d.of([true, false]),
    colour: d.maybe(() => d.text(), 'run'),
    dash: d.maybe(() => d.text(), ''),
    facets: d.maybe<string[] | null>(() => unique(d.list(3, () => d.text())), null),
    aggregate: d.maybe<MetricsView['aggregate']>(
      () => ({
        line: d.of(['mean', 'median', 'min', 'max']),
        band: d.of(['none', 'min-max', 't95', 'std', 'stderr', 'iqr']),
      }),
      null,
    ),
    smoothing: d.of([
      null,
      { kind: 'ema', amount: 0.1 },
      { kind: 'ema', amount: 0.999 },
      { kind: 'gaussian', amount: 2.5 },
      { kind: 'mean', amount: 20 },
    ]),
    outliers: d.maybe<MetricsView['outliers']>(() => d.range(), d.of(['auto', 'off', 'p1-p99'])),
    yLog: unique(d.list(3, () => d.text())),
    range: d.maybe<[number, number] | null>(() => d.range(), null),
    syncZoom: d.of([true, false]),
    xRanges: d.named(() => d.range()),
    slots: d.named(() => d.int(8)),
    yRanges: d.named(() => d.range()),
    gaps: d.of([true, false, 'auto'] as const),
    attempts: d.of(['latest', 'all'] as const),
    focus: d.maybe<string | null>(() => d.text(), null),
    onlyAll: d.of([true, false]),
    withBroken: d.of([true, false]),
    at: d.maybe<number | null>(() => d.range()[0], null),
    xToEnd: d.of([true, false]),
    picked: unique(d.list(3, () => d.text())),
    sections: d.named(() => d.of([true, false])),
    expanded: d.maybe<string | null>(() => d.text(), null),
    runs: unique(d.list(3, () => d.text())),
    hide: unique(d.list(3, () => d.text())),
    solo: unique(d.list(3, () => d.text())),
    only: unique(d.list(3, () => d.text())),
    pins: unique(d.list(3, () => d.text())),
    order: unique(d.list(3, () => d.text())),
    sort: unique(d.list(3, () => d.text().replace(/^-+/, '') || 'last')).map((by) => ({
      by,
      desc: d.of([true, false]),
    })),
  }
}

function anyRuns(d: Draw): RunsView {
  const by = () => d.text().replace(/^-+/, '') || 'name'
  const sort = unique(d.list(3, by)).map((b) => ({ by: b, desc: d.of([true, false]) }))
  return {
    q: d.maybe(() => d.text(), ''),
    sort: sort.length > 0 ? sort : RUNS_DEFAULT.sort,
    columns: d.maybe<string[] | null>(() => unique(d.list(4, () => d.text())), null),
    group: unique(d.list(2, () => d.text())),
    pinned: unique(d.list(2, () => d.text())),
    heat: unique(d.list(2, () => d.text())),
    widths: d.named(() => 40 + d.int(900)),
  }
}

function anyAddress(d: Draw): string {
  const keys = [
    'q',
    'm',
    'x',
    'xl',
    'c',
    'd',
    'f',
    'a',
    'sm',
    'out',
    'r',
    'sync',
    'gaps',
    'pin',
    'y.loss',
    'y.',
    'rx.',
    'ry.loss subset=train',
    'cs.a',
    'hide',
    'solo',
    'ts',
    's',
    'col',
    'g',
    'heat',
    'w.lr',
    'w.',
    'heat',
    'w.lr',
    'w.',
    'tab',
    'view',
    '',
    'zzz',
    '%',
    '%E0%A4%A',
    '__proto__',
  ]
  const values = [
    '',
    'log',
    '1',
    '0',
    'off',
    '1:2',
    '2:1',
    '1:2:3',
    ':5',
    '0x10:99',
    'NaN:1',
    '-Infinity:Infinity',
    '1e999:2',
    '7',
    '9',
    'mean',
    'mean:std:x',
    'banana',
    ',,,',
    '\\',
    '-',
    '%',
    '%ff',
    'a&b',
    '+',
    '\ud800',
    '99999999999999999999',
  ]
  const part = () =>
    d.of([() => `${d.of(keys)}=${d.of(values)}`, () => d.of(keys), () => `${d.text()}=${d.text()}`, () => d.text()])()
  return `?${d.list(8, part).join('&')}`
}

describe('any address', () => {
  it('gives a view of Metrics that comes back, and names what it leaves out', () => {
    const d = new Draw(random(1))
    for (let i = 0; i < TIMES; i++) {
      const search = anyAddress(d)
      const { view, unknown } = parseMetrics(search)
      const again = parseMetrics(formatMetrics(view))
      // The ends of a range are rounded once.
      const settled = parseMetrics(formatMetrics(again.view))
      expect(again.unknown, search).toEqual([])
      expect(settled.view, search).toEqual(again.view)
      for (const named of unknown) expect(named.length).toBeLessThanOrEqual(61)
    }
  })
  it('gives a view of Runs that comes back', () => {
    const d = new Draw(random(2))
    for (let i = 0; i < TIMES; i++) {
      const search = anyAddress(d)
      const { view } = parseRuns(search)
      expect(parseRuns(formatRuns(view)), search).toEqual({ view, unknown: [] })
    }
  })
  it('is clean once it is cleaned, on every page', () => {
    const d = new Draw(random(3))
    for (let i = 0; i < TIMES; i++) {
      const search = anyAddress(d)
      for (const path of ['/', '/runs', '/metrics', '/runs/0123', '/nowhere']) {
        const { clean } = checkAddress(path, search)
        expect(checkAddress(path, clean).unknown, `${path}${search} -> ${clean}`).toEqual([])
      }
    }
  })
})

describe('any view', () => {
  it('of Metrics is in its address', () => {
    const d = new Draw(random(4))
    for (let i = 0; i < TIMES; i++) {
      const view = parseMetrics(formatMetrics(anyMetrics(d))).view
      expect(parseMetrics(formatMetrics(view))).toEqual({ view, unknown: [] })
    }
  })
  it('of Metrics loses nothing but digits that do not show', () => {
    const d = new Draw(random(5))
    for (let i = 0; i < TIMES; i++) {
      const view = anyMetrics(d)
      const back = parseMetrics(formatMetrics(view)).view
      const rangeless = (v: MetricsView) => ({
        ...v,
        range: v.range !== null,
        outliers: typeof v.outliers,
        xRanges: Object.keys(v.xRanges).sort(),
        yRanges: Object.keys(v.yRanges).sort(),
      })
      expect(rangeless(back)).toEqual(rangeless(view))
      if (!view.range) continue
      const width = view.range[1] - view.range[0]
      for (const end of [0, 1] as const)
        expect(Math.abs(back.range![end] - view.range[end])).toBeLessThanOrEqual(width * 1.1e-5)
    }
  })
  it('of Runs is in its address', () => {
    const d = new Draw(random(6))
    for (let i = 0; i < TIMES; i++) {
      const view = anyRuns(d)
      expect(parseRuns(formatRuns(view))).toEqual({ view, unknown: [] })
    }
  })
})

describe('what an address says wrong', () => {
  it('is named with its value', () => {
    expect(parseMetrics('?y.loss subset=train=log&x=banana&zzz=1&r=5:1&sm=7&gaps=9').unknown).toEqual([
      'y.loss subset=train=log',
      'x=banana',
      'zzz=1',
      'r=5:1',
      'sm=7',
      'gaps=9',
    ])
    expect(parseRuns('?s=,,-&zzz').unknown).toEqual(['s=,,-', 'zzz'])
    expect(checkAddress('/runs/abc', '?tab=metrics&tab=x&foo=1&sm=0.6')).toEqual({
      unknown: ['tab=x', 'foo=1'],
      clean: '?tab=metrics&sm=0.6',
    })
    expect(parseRuns('?col=metric:x%7C%7B&col=lr&s=metric:loss')).toEqual({
      view: { ...RUNS_DEFAULT, columns: ['lr'] },
      unknown: ['col=metric:x|{', 's=metric:loss'],
    })
    expect(checkAddress('/', '?a=1')).toEqual({ unknown: ['a=1'], clean: '' })
  })
  it('does not keep a zoom on wall time from being exact', () => {
    const range: [number, number] = [1763732023.25, 1763732025.75]
    expect(parseMetrics(formatMetrics({ ...METRICS_DEFAULT, x: 'time', range })).view.range).toEqual(range)
  })
})

it('leaves out an expression that is longer than the server takes, and keeps the view', () => {
  const { view, unknown } = parseMetrics(`?q=loss&e=${'a'.repeat(2001)}&e=loss`)
  expect([view.q, view.exprs]).toEqual(['loss', ['loss']])
  expect(unknown).toHaveLength(1)
})
