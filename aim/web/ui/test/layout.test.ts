import { describe, expect, it } from 'vitest'

import type { MetricRun, MetricSequence } from '../src/base/api/types'
import type { FoundChart, Model } from '../src/parts/curves/metricsModel'
import { facetTitle } from '../src/parts/curves/pane/chartTitles'
import { facetGrid } from '../src/parts/curves/pane/facetGrid'
import { sectionsOf } from '../src/parts/curves/pane/sections'
import { columnsFor, columnWidths, rowHeight } from '../src/parts/curves/pane/sizes'
import { typedRange } from '../src/parts/curves/pane/typedRange'
import { leavesOf, metricTree, picker, toggled } from '../src/parts/curves/picker/metricTree'
import { pickCharts } from '../src/parts/curves/picker/pick'
import { stretched } from '../src/widgets/grid/usePlacedColumns'

const AUTO = { size: 'M', perRow: 0 } as const

describe('columns of charts', () => {
  it('are as many as are at least 360 px wide, six at most', () => {
    expect(columnsFor(40, 1232, AUTO)).toBe(3)
    expect(columnsFor(40, 1872, AUTO)).toBe(5)
    expect(columnsFor(40, 2512, AUTO)).toBe(6)
    expect(columnsFor(40, 5000, AUTO)).toBe(6)
    expect(columnsFor(40, 352, AUTO)).toBe(1)
  })
  it('are no more than the rows need', () => {
    expect([1, 2, 3, 4, 5, 7].map((n) => columnsFor(n, 1232, AUTO))).toEqual([1, 2, 3, 2, 3, 3])
    expect([7, 8, 13].map((n) => columnsFor(n, 2512, AUTO))).toEqual([4, 4, 5])
  })
  it('follow the size that was chosen, or the number', () => {
    expect(columnsFor(40, 1232, { size: 'S', perRow: 0 })).toBe(4)
    expect(columnsFor(40, 1232, { size: 'L', perRow: 0 })).toBe(2)
    expect(columnsFor(1, 1232, { size: 'M', perRow: 5 })).toBe(5)
  })
  it('begin on device pixels and take the whole width', () => {
    for (const [width, columns, ratio] of [
      [1232, 3, 1],
      [1233, 4, 1.25],
      [2511, 6, 2],
    ] as const) {
      const widths = columnWidths(width, columns, ratio)
      expect(widths.reduce((a, b) => a + b)).toBeCloseTo(width, 6)
      let edge = 0
      for (const w of widths.slice(0, -1)) expect((edge += w * ratio)).toBeCloseTo(Math.round(edge), 6)
    }
  })
  it('make charts half as high as wide, unless all rows fit', () => {
    for (const width of [410, 520, 680]) expect(rowHeight(width, 9, 450, 'M') / width).toBeGreaterThanOrEqual(0.5)
    expect(rowHeight(1256, 9, 450, 'M')).toBe(360)
    expect(rowHeight(616, 2, 440, 'M')).toBe(208)
  })
})

const sequence = (name: string, context: Record<string, string> = {}, run = 'r'): MetricSequence =>
  ({ id: `${run}/${name}/${Object.values(context).join()}`, run, name, context, count: 3 }) as unknown as MetricSequence
const run = (params: Record<string, unknown>): MetricRun => ({ name: 'r', params, tags: [] }) as unknown as MetricRun
const chart = (name: string, subset = '', params: Record<string, unknown> = {}): FoundChart => {
  const s = sequence(name, subset ? { subset } : {})
  const context = subset ? `subset=${subset}` : ''
  return {
    key: context ? `${name} ${context}` : name,
    name,
    context,
    metric: name,
    lines: [{ sequence: s, run: run(params), group: 0 }],
  }
}

describe('sections of charts', () => {
  const names = (...all: string[]) => all.map((n) => chart(n))
  const keys = (charts: FoundChart[], pins: string[] = [], open = 200) =>
    sectionsOf(charts, new Set(pins), open)?.map((s) => [s.key, s.charts.length, s.isOpenAtFirst])

  it('are what names begin with, in the order of their first charts', () => {
    expect(keys(names('loss', 'val/a', 'sys/b', 'val/c/d', 'sys/c', 'val/e'), [], 3)).toEqual([
      ['/', 1, true],
      ['val', 3, true],
      ['sys', 2, false],
    ])
  })
  it('begin with the pinned charts', () => {
    expect(keys(names('val/a', 'val/b', 'sys/a', 'sys/b', 'sys/c', 'sys/d'), ['val/a', 'sys/a'])![0]).toEqual([
      '*',
      2,
      true,
    ])
  })
  it('are left out where they say nothing', () => {
    expect(keys(names('a/loss', 'b/loss', 'a/acc', 'b/acc'))).toBeUndefined()
    expect(keys(names('a/loss', 'b/loss', 'c/loss', 'd/loss', 'e/loss'))).toBeUndefined()
    expect(keys(names(...Array.from({ length: 20 }, (_, i) => `m${i}`)))).toBeUndefined()
    expect(keys(names(...Array.from({ length: 10 }, (_, i) => `m${i}`), 'a/1', 'a/2'))).toBeUndefined()
    expect(keys(names(...Array.from({ length: 11 }, (_, i) => `m${i}`), 'a/1', 'a/2'))).toHaveLength(2)
  })
})

describe('a grid of facets', () => {
  const cells = (charts: FoundChart[], facets: string[] | null) => {
    const grid = facetGrid(charts, facets)
    return (
      grid && {
        columns: grid.columns.map((c) => c.label),
        rows: grid.rows.map((r) => [r.head.label, ...r.cells.map((c) => c?.key ?? '')]),
      }
    )
  }
  it('has the last field across, and leaves places empty that no run has', () => {
    const charts = [chart('loss', 'val'), chart('loss', 'train'), chart('acc', 'val')]
    expect(cells(charts, ['metric.name', 'subset'])).toEqual({
      columns: ['subset=train', 'subset=val'],
      rows: [
        ['loss', 'loss subset=train', 'loss subset=val'],
        ['acc', '', 'acc subset=val'],
      ],
    })
  })
  it('sorts values as numbers and turns where the last field has too many', () => {
    const charts = Array.from({ length: 14 }, (_, i) =>
      chart(`m${i}`, i % 2 ? 'a' : 'b', { hparams: { lr: 10 ** -i } }),
    )
    expect(cells(charts.slice(0, 3), ['subset', 'params.lr'])!.columns).toEqual(['lr=0.01', 'lr=0.1', 'lr=1'])
    expect(cells(charts, ['subset', 'params.lr'])!.columns).toEqual(['subset=a', 'subset=b'])
    expect(cells(charts, ['params.lr', 'metric.name'])).toBe(null)
  })
  it('is none for one field', () => {
    expect(cells([chart('loss'), chart('acc')], ['metric.name'])).toBe(null)
    expect(cells([chart('loss'), chart('acc')], null)).toBe(null)
  })
})

describe('picking metrics', () => {
  const tree = metricTree(
    [
      sequence('loss', { subset: 'train' }),
      sequence('loss', { subset: 'val' }),
      sequence('loss', { subset: 'val' }, 'r2'),
      sequence('acc', { subset: 'val' }),
      sequence('layers/10'),
      sequence('layers/9'),
    ],
    ['loss'],
  )
  const leaves = tree.flatMap(leavesOf)
  const leaf = (key: string) => leaves.filter((l) => l.key === key)

  it('shows a tree, the metrics that say most first', () => {
    expect(tree.map((b) => [b.prefix, ...b.metrics.map((m) => m.name)])).toEqual([
      ['', 'loss', 'acc'],
      ['layers', 'layers/9', 'layers/10'],
    ])
    expect(leaf('loss subset=val')[0]!.n).toBe(2)
  })
  it('writes the shortest list', () => {
    let picked: string[] = []
    const click = (...keys: string[]) => (picked = toggled(tree, picked, keys.flatMap(leaf)))
    expect(click('loss subset=val')).toEqual(['loss subset=val'])
    expect(click('loss subset=train')).toEqual(['loss'])
    expect(click('layers/9', 'layers/10')).toEqual(['loss', 'layers/'])
    expect(click('layers/9')).toEqual(['loss', 'layers/10'])
    expect(click('loss subset=val', 'loss subset=train', 'layers/10')).toEqual([])
    expect(toggled(tree, [], leaves)).toEqual([])
    expect(toggled(tree, ['gone'], leaf('acc subset=val'))).toEqual(['acc', 'gone'])
  })
  it('keeps the lines that are picked', () => {
    expect(
      [
        ['loss', 'loss'],
        ['acc', 'acc subset=val'],
        ['layers/9', 'layers/9'],
      ].map(([n, k]) => picker(['loss', 'layers/'])(n!, k!)),
    ).toEqual([true, false, true])
    const model = {
      charts: [chart('loss', 'val'), chart('acc', 'val')],
      groups: [],
      groupOf: new Map(),
    } as unknown as Model
    const all = { pins: new Set<string>(), order: [] }
    const shown = (picked: string[], names: string[], show = '', facets: string[] | null = null) =>
      pickCharts(model, { show, picked, facets }, all, names).charts.map((c) => c.name)
    expect(shown(['acc'], [])).toEqual(['acc'])
    expect(shown([], ['loss', 'acc'])).toEqual(['loss', 'acc'])
    expect(shown([], ['acc', 'loss'], 'o')).toEqual(['loss'])
  })
  it('orders validation before training, and metrics without a place by name', () => {
    const charts = [
      chart('b', 'train'),
      chart('b', 'val'),
      chart('a', 'train'),
      chart('loss', 'train'),
      chart('loss', 'val'),
    ]
    const model = { charts, groups: [], groupOf: new Map() } as unknown as Model
    const found = pickCharts(model, { show: '', picked: [], facets: null }, { pins: new Set(), order: [] }, ['loss'])
    expect(found.charts.map((c) => c.key)).toEqual([
      'loss subset=val',
      'loss subset=train',
      'a subset=train',
      'b subset=val',
      'b subset=train',
    ])
  })
})

describe('what a chart is called', () => {
  const lines = (...names: string[]) => names.flatMap((n) => chart(n, 'val', { hparams: { lr: 0.1 } }).lines)
  it('begins with its metrics', () => {
    expect(facetTitle(['params.lr', 'subset'], lines('loss'))).toEqual({ name: 'loss', context: 'lr=0.1 subset=val' })
    expect(facetTitle(['params.lr'], lines('loss', 'acc', 'loss'))).toEqual({ name: 'loss, acc', context: 'lr=0.1' })
    expect(facetTitle(['params.lr'], lines('a', 'b', 'c')).name).toBe('3 metrics')
    expect(facetTitle(['params.lr', 'metric.name'], lines('loss'))).toEqual({ name: 'loss', context: 'lr=0.1' })
    expect(facetTitle([], lines('loss', 'acc'))).toEqual({ name: 'all metrics', context: '' })
    expect(facetTitle([], lines('loss'))).toEqual({ name: 'loss', context: '' })
  })
})

describe('columns of a table', () => {
  it('share the room that is left, save for those that were resized', () => {
    expect(stretched([100, 300, 50], [true, true, false], 850)).toEqual([200, 600, 50])
    expect(stretched([100, 300], [true, true], 300)).toEqual([100, 300])
    expect(stretched([100], [false], 300)).toEqual([100])
  })
})

describe('a typed range', () => {
  it('is of two numbers, automatic without any', () => {
    expect(typedRange(['1 000', '2e3'], null)).toEqual([1000, 2000])
    expect(typedRange(['\u22121', ' .5'], null)).toEqual([-1, 0.5])
    expect(typedRange(['', ' '], [0, 9])).toBe(null)
  })
  it('takes an end that is empty from what is shown', () => {
    expect(typedRange(['', '5'], [0, 9])).toEqual([0, 5])
    expect(typedRange(['5', ''], null)).toBeUndefined()
  })
  it('is refused where it cannot be one', () => {
    expect(typedRange(['2', '1'], null)).toBeUndefined()
    expect(typedRange(['1', '1'], null)).toBeUndefined()
    expect(typedRange(['a', '1'], null)).toBeUndefined()
  })
})
