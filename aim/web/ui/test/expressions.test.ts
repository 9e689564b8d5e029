import { describe, expect, it } from 'vitest'
import type { MetricSequence, Names } from '../src/base/api/types'
import { formatMetrics, METRICS_DEFAULT, parseMetrics } from '../src/parts/curves/metricsAddress'
import { formatRuns, parseRuns } from '../src/features/runs/runsAddress'
import { columnTree, leavesOf } from '../src/features/runs/columns/columnsTree'
import { queryName, sortKey } from '../src/parts/fields/columnLayout'
import { columnTitle } from '../src/parts/fields/columns'
import { commonNote, lookupOf, suggestExpression } from '../src/parts/curves/expressions/expressionText'

const NAMES = {
  fields: ['run.name'],
  metrics: [
    { name: 'loss', count: 4 },
    { name: 'train/loss', count: 2 },
    { name: 'F1 (macro)', count: 2 },
  ],
  tf_metrics: [],
  params: [{ path: 'hparams.size', count: 3 }],
  contexts: [
    {
      key: 'subset',
      values: [
        { value: 'val', count: 2 },
        { value: 'a b', count: 1 },
      ],
    },
  ],
  experiments: [],
  tags: [],
} as unknown as Names

const completed = (text: string) =>
  suggestExpression(NAMES, text, text.length).map((s) => text.slice(0, s.from) + s.text)

describe('completing an expression', () => {
  it('offers metrics, in quotes where they need them', () => {
    expect(completed('1 + lo')).toEqual(['1 + loss', '1 + "train/loss"', '1 + log(', '1 + log10('])
    expect(completed('f1')).toEqual(['"F1 (macro)"'])
  })
  it('completes a name with a slash as a whole', () => {
    expect(completed('loss - train/lo')).toContain('loss - "train/loss"')
    expect(completed('loss - "train/l')[0]).toBe('loss - "train/loss"')
    expect(lookupOf('loss - train/lo', 15)).toBe('lo')
  })
  it('offers values of contexts after a dot, and params', () => {
    expect(completed('loss.')).toEqual(['loss.val', 'loss["a b"]'])
    expect(completed('loss.v')).toEqual(['loss.val'])
    expect(lookupOf('loss.v', 6)).toBe('loss')
    expect(completed('loss / siz')).toEqual(['loss / params.hparams.size'])
    expect(completed('loss / ')).toEqual([])
  })
})

describe('what is said of common steps', () => {
  const lines = (...of: [number, string][]) =>
    of.map(([count, common]) => ({ count, ...(common ? { common } : {}) }) as MetricSequence)
  it('is the same for all lines, or a range', () => {
    expect(
      commonNote(lines([12, '12 of 300 and 30 steps are common'], [12, '12 of 300 and 30 steps are common'])),
    ).toBe('12 of 300 and 30 steps are common')
    expect(commonNote(lines([12, '12 of 300 and 30 steps are common'], [30, 'all 30 steps are common']))).toBe(
      '12 to 30 common steps',
    )
    expect(commonNote(lines([0, 'none of 3 and 4 steps are common'], [3, 'all 3 steps are common']))).toBe(
      '1 of 2 lines without a common step',
    )
  })
  it('is not called common where an expression has one metric', () => {
    expect(commonNote(lines([30, '30 steps'], [300, '300 steps']))).toBe('30 to 300 steps')
  })
  it('is nothing for what was logged', () => {
    expect(commonNote(lines([12, '']))).toBe('')
    expect(commonNote([])).toBe('')
  })
})

describe('expressions in the address', () => {
  it('are a key each, once', () => {
    const view = { ...METRICS_DEFAULT, exprs: ['loss.val - loss.train', 'ema(loss, 45)'] }
    expect(formatMetrics(view)).toBe('?e=loss.val+-+loss.train&e=ema(loss,+45)')
    expect(parseMetrics('?e=a+-+b&e=a+-+b&e=c').view.exprs).toEqual(['a - b', 'c'])
    expect(parseMetrics('?e=+').unknown).toHaveLength(1)
  })
})

describe('an expression as a column', () => {
  const id = 'expr:last(loss.val) - last(loss.train)'
  it('is in the address, as a column and a sort key', () => {
    const { view, unknown } = parseRuns(`?s=${encodeURIComponent(`-${id}`)}&col=${encodeURIComponent(id)}`)
    expect(unknown).toEqual([])
    expect(view.columns).toEqual([id])
    expect(view.sort).toEqual([{ by: id, desc: true }])
    expect(parseRuns(formatRuns(view)).view).toEqual(view)
    expect(parseRuns('?col=expr:').unknown).toHaveLength(1)
  })
  it('is called by its text, and no query can name it', () => {
    expect(columnTitle(id)).toBe('last(loss.val) - last(loss.train)')
    expect(sortKey(id)).toBe(id)
    expect(queryName(id)).toBeNull()
  })
  it('is in the tree of columns', () => {
    const leaves = leavesOf(columnTree(undefined, 'val', true, [id, 'lr']))
    expect(leaves.map((l) => l.id)).toEqual([id])
  })
})
