import { describe, expect, it } from 'vitest'
import { formatRuns, parseRuns, RUNS_DEFAULT } from '../src/features/runs/runsAddress'
import { formatMetrics, METRICS_DEFAULT, parseMetrics, type MetricsView } from '../src/parts/curves/metricsAddress'
import { Places } from '../src/parts/curves/groupColours'
import { buildModel } from '../src/parts/curves/metricsModel'
import { matcher } from '../src/parts/curves/picker/pick'
import { literal, term, withTerm } from '../src/parts/query/filterTerms'
import { fromTerms, offsetOf, pieces, terms, valueBefore, wordBefore } from '../src/parts/query/highlight'

describe('view in the address', () => {
  it('leaves defaults out', () => {
    expect(formatMetrics(METRICS_DEFAULT)).toBe('')
    expect(formatRuns(RUNS_DEFAULT)).toBe('')
  })
  it('comes back as it was', () => {
    const view: MetricsView = {
      q: 'loss if run.name == "a & b=c" and params.lr >= 1e-4',
      exprs: ['loss.val - loss.train', 'ema("a & b", 45)'],
      show: '^loss|acc',
      x: 'relative_time',
      xLog: true,
      colour: 'params.opt',
      dash: 'subset',
      facets: ['metric.name', 'subset'],
      aggregate: { line: 'median', band: 'iqr' },
      smoothing: { kind: 'gaussian', amount: 2.5, trim: true },
      outliers: [0.1, 20],
      yLog: ['loss', 'grad norm'],
      range: [1200, 3000.5],
      yRanges: { 'loss subset=val': [0.5, 2] },
      gaps: false,
      attempts: 'all',
      syncZoom: false,
      xRanges: { 'loss subset=val': [1, 2] },
      slots: { 'adamw, x': 4 },
      focus: 'abc123',
      at: -1200.5,
      onlyAll: true,
      withBroken: false,
      xToEnd: true,
      picked: ['loss', 'acc subset=val', 'layers/'],
      sections: { 'layers/a': false, gpu: true },
      expanded: 'loss subset=val',
      runs: ['ab'],
      hide: ['ab', 'cd:loss subset=val', '=0.1'],
      solo: ['0.2'],
      only: ['ab'],
      pins: ['loss subset=val'],
      order: ['loss subset=val', 'acc'],
      sort: [{ by: 'last', desc: true }],
    }
    const search = formatMetrics(view)
    expect(parseMetrics(search)).toEqual({ view, unknown: [] })
    expect(formatMetrics(parseMetrics(search).view)).toBe(search)
  })
  it('reads well', () => {
    expect(
      formatMetrics({
        ...METRICS_DEFAULT,
        q: 'loss, acc',
        x: 'epoch',
        colour: 'params.opt',
        facets: ['metric.name', 'subset'],
        smoothing: { kind: 'gaussian', amount: 2.5 },
        yLog: ['loss'],
        range: [1200, 3000],
      }),
    ).toBe('?q=loss,+acc&x=epoch&c=params.opt&f=metric.name,subset&sm=g2.5&y.loss=log&r=1200:3000')
  })
  it('survives garbage and names what it does not know', () => {
    const { view, unknown } = parseMetrics(
      '?x=banana&sm=7&r=9:1&xe=x&ms=&s.a=2&s.=1&full=&a=mode:weird&out=x&foo=1&%E0%A4%A=2',
    )
    expect(view).toEqual(METRICS_DEFAULT)
    expect(unknown).toContain('foo=1')
  })
  it('of runs keeps sort and columns, also none', () => {
    const view = {
      q: 'run.x > 1',
      sort: [
        { by: 'params.hparams.lr', desc: true },
        { by: 'metric:loss|{"subset":"val","k":"a,b"}|last', desc: false },
      ],
      group: ['experiment', 'hparams.a,b'],
      columns: ['hparams.lr', 'metric:loss|{"subset":"val","k":"a,b"}|min'],
      pinned: ['@tags', 'hparams.lr'],
      heat: ['hparams.lr'],
      widths: { '@name': 300, 'hparams.a=b': 90 },
    }
    expect(parseRuns(formatRuns(view)).view).toEqual(view)
    expect(parseRuns(formatRuns({ ...RUNS_DEFAULT, columns: [] })).view.columns).toEqual([])
  })
})

describe('query text', () => {
  it('is cut into pieces that join to the same text', () => {
    const q = 'loss, acc if context.subset == train and run.hparams.lr >= 1e-4 and metric.name in ["a", \'b'
    const list = pieces(q)
    expect(list.map((p) => p.text).join('')).toBe(q)
    expect(list.filter((p) => p.kind === 'keyword').map((p) => p.text)).toEqual(['if', 'and', 'and', 'in'])
    expect(list.some((p) => p.kind === 'number' && p.text === '1e-4')).toBe(true)
  })
  it('has places by line and column', () => {
    expect(offsetOf('abc\ndef', 2, 2)).toBe(5)
    expect(offsetOf('a😀b', 1, 3)).toBe(3)
  })
  it('is completed at the word before the caret', () => {
    expect(wordBefore('loss if run.hpa', 15)).toEqual({ word: 'run.hpa', from: 8 })
    expect(wordBefore('loss, tf:', 9)).toEqual({ word: 'tf:', from: 6 })
    expect(wordBefore('loss, tf:train/lo', 17)).toEqual({ word: 'tf:train/lo', from: 6 })
  })
  it('is split at its outermost ands', () => {
    expect(terms('loss, acc if a > 1 and (b or c) and name == "x and y"')).toEqual({
      head: 'loss, acc',
      terms: ['a > 1', '(b or c)', 'name == "x and y"'],
    })
    expect(terms('a or b and c').terms).toEqual(['a or b and c'])
    expect(fromTerms('loss', ['a', 'b'])).toBe('loss if a and b')
  })
  it('grows by a filter', () => {
    expect([literal('1e-4'), literal('adamw'), literal('True'), literal('-2.5')]).toEqual([
      '1e-4',
      '"adamw"',
      'True',
      '-2.5',
    ])
    expect(term('run.opt', 'in', 'a, 2')).toBe('run.opt in ["a", 2]')
    expect(withTerm('', 'a > 1')).toBe('a > 1')
    expect(withTerm('loss, acc', 'a > 1')).toBe('loss, acc if a > 1')
    expect(withTerm('loss if b == 2', 'a > 1')).toBe('loss if b == 2 and a > 1')
    expect(withTerm('x or y', 'a > 1')).toBe('(x or y) and a > 1')
  })
})

describe('charts of a view', () => {
  const run = (name: string, lr: number) => ({
    name,
    experiment: 'e',
    status: 'finished' as const,
    created_at: 0,
    tags: [],
    params: { hparams: { lr } },
  })
  const runs = { a: run('a', 0.001), b: { ...run('b', 0.0003), slot: 7 }, c: run('c', 0.0001) }
  const sequence = (r: string, name: string, subset: string) => ({
    id: `${r}/${name}/${subset}`,
    run: r,
    name,
    context: { subset },
    count: 1,
    first_step: 0,
    last_step: 1,
    last: 1,
    min: 1,
    max: 1,
    nan_count: 0,
    hidden_points: 0,
  })
  const found = ['a', 'b', 'c'].flatMap((r) => [
    sequence(r, 'loss', 'val'),
    sequence(r, 'loss', 'train'),
    sequence(r, 'acc', 'val'),
  ])
  it('are one per name and context, and a run keeps its slot', () => {
    const places = new Places()
    const model = buildModel(found, runs, 'run', '', null, places)
    expect(model.charts.map((c) => [c.name, c.context, c.lines.length])).toEqual([
      ['acc', 'subset=val', 3],
      ['loss', 'subset=train', 3],
      ['loss', 'subset=val', 3],
    ])
    const slots = new Map(model.groups.map((g) => [g.key, g.slot]))
    expect(slots.get('b')).toBe(7)
    const later = buildModel(
      found.filter((s) => s.run !== 'a'),
      runs,
      'run',
      '',
      null,
      places,
    )
    expect(later.groups.map((g) => g.slot)).toEqual([slots.get('b'), slots.get('c')])
  })
  it('are sorted by number where they are split by numbers', () => {
    const model = buildModel(found, runs, 'subset', '', ['params.hparams.lr'], new Places())
    expect(model.charts.map((c) => c.context)).toEqual(['lr=0.0001', 'lr=0.0003', 'lr=0.001'])
    expect(model.groups.map((g) => g.label)).toEqual(['val', 'train'])
  })
  it('name the fields of a group in its title, but not those that say what they are', () => {
    const titles = (colour: string, dash: string) =>
      buildModel(found.slice(0, 2), runs, colour, dash, null, new Places()).groups.map((g) => g.title)
    expect(titles('params.hparams.lr', '')).toEqual(['lr 0.001'])
    expect(titles('params.lr', 'subset')).toEqual(['lr 0.001 · subset val', 'lr 0.001 · subset train'])
    expect(titles('run.experiment', 'run')).toEqual(['experiment e · a'])
    expect(titles('', '')).toEqual(['all'])
  })
  it('are found behind a text of any length', () => {
    const q = `${'x'.repeat(300_000)} and lr == 0.`
    expect(valueBefore(q, q.length)).toEqual({ name: 'lr', typed: '0.', from: q.length - 2 })
    expect(wordBefore(`${'x'.repeat(300_000)}!ab`, 300_003)).toEqual({ word: 'ab', from: 300_001 })
  })
  it('are found by a pattern, or by text that is none', () => {
    expect(['loss', 'val/loss', 'lossy('].filter(matcher('^loss'))).toEqual(['loss', 'lossy('])
    expect(['loss', 'lossy('].filter(matcher('y('))).toEqual(['lossy('])
  })
})

describe('the value before the caret', () => {
  const at = (q: string) => valueBefore(q, q.length)
  it('is known with its name, in quotes and in lists, too', () => {
    expect(at('loss if params.opt == ad')).toEqual({ name: 'params.opt', typed: 'ad', from: 22 })
    expect(at('run.experiment == "dig')).toEqual({ name: 'run.experiment', typed: 'dig', from: 18 })
    expect(at('run.experiment != ')).toEqual({ name: 'run.experiment', typed: '', from: 18 })
    expect(at('metric.name in ["loss", "a')).toEqual({ name: 'metric.name', typed: 'a', from: 24 })
    expect(at('metric.name in [')).toEqual({ name: 'metric.name', typed: '', from: 16 })
    expect(at('lr >= 1e-')).toEqual({ name: 'lr', typed: '1e-', from: 6 })
  })
  it('is none where a name stands', () => {
    for (const q of [
      '',
      'loss',
      'loss if params.o',
      'a == "x" ',
      'a == "x"',
      'a == 1 and b',
      'name in ["a"] and x',
      '"a == b',
    ])
      expect(at(q)).toEqual(null)
  })
})
