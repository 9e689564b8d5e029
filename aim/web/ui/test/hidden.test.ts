import { describe, expect, it } from 'vitest'
import type { MetricSequence } from '../src/base/api/types'
import { formatMetrics, METRICS_DEFAULT, parseMetrics, type MetricsView } from '../src/parts/curves/metricsAddress'
import {
  changedView,
  hiddenGroups,
  hiddenLines,
  hideRun,
  readKey,
  toggleGroup,
  toggleLine,
  writeKey,
} from '../src/parts/curves/shown/hidden'

const A = 'a'.repeat(24)
const B = 'b'.repeat(24)

function line(id: string, run: string, name: string, subset?: string): MetricSequence {
  const context = subset === undefined ? {} : { subset }
  return { id, run, name, context } as unknown as MetricSequence
}

const LINES = [
  line('1', A, 'loss', 'train'),
  line('2', A, 'loss', 'val'),
  line('3', B, 'loss', 'train'),
  line('4', B, 'acc'),
]

describe('hidden lines', () => {
  it('are named by run and metric, not by the ids of an index', () => {
    const hide = toggleLine([], LINES[1]!, LINES)
    expect(hide).toEqual([`${A}:loss subset=val`])
    const again = LINES.map((l) => ({ ...l, id: `new-${l.id}` }))
    expect([...hiddenLines(again, hide)]).toEqual(['new-2'])
    expect(toggleLine(hide, again[1]!, again)).toEqual([])
  })

  it('are all of a hidden run, of which one may come back', () => {
    const hide = hideRun([`${A}:loss subset=val`, `${B}:acc`], A)
    expect(hide).toEqual([`${B}:acc`, A])
    expect([...hiddenLines(LINES, hide)]).toEqual(['1', '2', '4'])
    const one = toggleLine(hide, LINES[0]!, LINES)
    expect([...hiddenLines(LINES, one)]).toEqual(['2', '4'])
  })

  it('survive an address, with any name', () => {
    const odd = line('9', A, 'a,b:c\\d|e=1', 'x;y')
    const view: MetricsView = { ...METRICS_DEFAULT, hide: toggleLine([], odd, [odd]) }
    const { view: back, unknown } = parseMetrics(formatMetrics(view))
    expect(unknown).toEqual([])
    expect([...hiddenLines([odd], back.hide)]).toEqual(['9'])
  })
})

const by = (colour: string, more: Partial<MetricsView> = {}): MetricsView => ({ ...METRICS_DEFAULT, colour, ...more })
const groups = (...keys: string[]) => keys.map((key) => ({ key }))
const click = (view: MetricsView, keys: string[], key: string, only = false): MetricsView => ({
  ...view,
  ...toggleGroup(view, keys, key, only),
})

describe('hidden groups', () => {
  it('are named by their value, and come back with a second click', () => {
    const once = click(by('params.lr'), ['0.1', '0.2'], '0.1')
    expect(formatMetrics(once)).toBe('?c=params.lr&hide==0.1')
    expect([...hiddenGroups(parseMetrics(formatMetrics(once)).view, groups('0.1', '0.2'))]).toEqual(['0.1'])
    expect(click(once, ['0.1', '0.2'], '0.1').hide).toEqual([])
  })

  it('of runs are runs, which stay hidden when the colour changes', () => {
    const once = click(by('run'), [A, B], A)
    expect(once.hide).toEqual([A])
    expect([...hiddenGroups(once, groups(A, B))]).toEqual([A])
    expect([...hiddenLines(LINES, changedView(once, { colour: 'params.lr' }).hide)]).toEqual(['1', '2'])
  })

  it('of another colour are not hidden any more', () => {
    const view = by('params.lr', { hide: ['=0.1', A], solo: ['0.2'] })
    expect(changedView(view, { colour: 'params.opt' })).toMatchObject({ hide: [A], solo: [] })
    expect(changedView(view, { smoothing: null })).toMatchObject({ hide: ['=0.1', A], solo: ['0.2'] })
  })

  it('are all but one that is shown alone, also those that come later', () => {
    const alone = click(by('params.lr'), ['0.1', '0.2', '0.3'], '0.2', true)
    expect(formatMetrics(alone)).toBe('?c=params.lr&solo=0.2')
    expect([...hiddenGroups(alone, groups('0.1', '0.2', '0.3', '0.4'))]).toEqual(['0.1', '0.3', '0.4'])
    const two = click(alone, ['0.1', '0.2', '0.3'], '0.3')
    expect([...hiddenGroups(two, groups('0.1', '0.2', '0.3'))]).toEqual(['0.1'])
    expect(click(two, ['0.1', '0.2', '0.3'], '0.1').solo).toEqual([])
    expect(click(alone, ['0.1', '0.2', '0.3'], '0.2', true).solo).toEqual([])
    expect(click(alone, ['0.1', '0.2', '0.3'], '0.2').solo).toEqual([])
  })

  it('may have several values, of any text', () => {
    for (const key of ['adam\u00000.1', 'a|b\u0001c;d\\e', 'all', '']) expect(readKey(writeKey(key))).toBe(key)
    expect(writeKey('adam\u00000.1')).toBe('adam|0.1')
    const view = click(by('params.opt', { dash: 'params.lr' }), ['adam\u00000.1'], 'adam\u00000.1')
    expect([...hiddenGroups(view, groups('adam\u00000.1', 'adam\u00000.2'))]).toEqual(['adam\u00000.1'])
  })
})

describe('the order of the table', () => {
  it('is in the address', () => {
    const sort = [
      { by: 'last', desc: true },
      { by: 'run', desc: false },
    ]
    expect(formatMetrics({ ...METRICS_DEFAULT, sort })).toBe('?ts=-last,run')
    expect(parseMetrics('?ts=-last,run').view.sort).toEqual(sort)
    expect(parseMetrics('?ts=-').unknown).toEqual(['ts=-'])
  })
})
