import { describe, expect, it } from 'vitest'
import {
  arranged,
  FIELDS_BEFORE,
  measuredFirst,
  movedBeside,
  pinnedFirst,
  queryName,
  sortKey,
  toAddress,
  withColumns,
} from '../src/parts/fields/columnLayout'
import type { RunRow } from '../src/base/api/types'
import { addRows, columnDigits, NO_DIGITS } from '../src/features/runs/columns/columnDigits'
import { columnTitle, othersThan, pickedText, valueColumn } from '../src/parts/fields/columns'
import { ahead } from '../src/features/runs/runsLoader'
import { heatOf, heatShare, isWide } from '../src/widgets/heat'
import { columnEdges, columnSpan, rowPool, rowSpan } from '../src/widgets/grid/window'

describe('columns of the runs table', () => {
  it('are at their usual places where the address names no field', () => {
    expect(arranged(['lr', 'opt'])).toEqual([...FIELDS_BEFORE, 'lr', 'opt', '@tags'])
    expect(toAddress(arranged(['lr', 'opt']))).toEqual(['lr', 'opt'])
  })
  it('come back from the address in any arrangement', () => {
    const usual = arranged(['lr', 'opt'])
    for (const list of [
      usual,
      movedBeside(usual, '@status', 'opt', true),
      usual.filter((c) => c !== '@status'),
      ['lr'],
      ['opt', 'lr'],
      [...usual, '@description'],
      [],
      ['@tags'],
    ]) {
      expect(arranged(toAddress(list))).toEqual(list)
    }
    expect(arranged(['@nonsense', 'lr'])).toEqual(['lr'])
    expect(toAddress(withColumns(arranged(['lr']), ['opt', 'lr']))).toEqual(['lr', 'opt'])
  })
  it('are pinned in front, each part in its order', () => {
    expect(pinnedFirst(['a', 'b', 'c', 'd'], ['d', 'b', 'none'])).toEqual(['b', 'd', 'a', 'c'])
    expect(movedBeside(['a', 'b', 'c'], 'a', 'c', false)).toEqual(['b', 'a', 'c'])
  })
  it('have names in queries, titles and sort keys', () => {
    expect(queryName('hparams.lr')).toBe('run.hparams.lr')
    expect(queryName('hparams.lr', new Map([['hparams.lr', 'lr']]))).toBe('params.lr')
    expect(columnTitle('hparams.lr', new Map([['hparams.lr', 'lr']]))).toBe('lr')
    expect(queryName('hparams.my key')).toBe('run.hparams["my key"]')
    expect(queryName('metric:loss|{"subset":"val"}|best:min')).toBe('run.metrics["loss", {"subset":"val"}].min')
    expect(queryName('metric:loss|{}|at:5')).toBe(null)
    expect(queryName('@duration')).toBe('run.duration')
    expect(columnTitle('metric:loss|{"subset":"val"}|best:min')).toBe('loss val best ↓')
    expect(columnTitle('metric:loss|{}|at:1000')).toBe('loss @1000')
    expect([sortKey('@created'), sortKey('@tags'), sortKey('a.b'), sortKey('metric:a|{}|min')]).toEqual([
      'created_at',
      'tags',
      'params.a.b',
      'metric:a|{}|min',
    ])
  })
})

describe('columns that were picked', () => {
  const param = (path: string, distinct: number) => ({ path, count: 2, distinct, kinds: ['number'] })
  const known = {
    params: [param('a', 2), param('b', 1), param('c', 2)],
    metrics: ['loss', 'acc'].map((name) => ({ name, context: '{}', count: 2, goal: null })),
  }
  it('are named with how many others there are', () => {
    const list = arranged(['a', 'metric:loss|{}|last'])
    expect(othersThan(list, known)).toBe(3)
    expect(pickedText(list, known)).toBe(
      'Picked for a first look: 1 of 2 params that differ, the last values of 1 of 2 metrics',
    )
    expect(pickedText(arranged(['a', 'b', 'c', 'metric:loss|{}|min', 'metric:acc|{}|at:5']), known)).toBe(null)
  })
})

describe('rows that are asked for', () => {
  it('lie ahead of a scroll', () => {
    expect(ahead({ from: 0, to: 40 }, { from: 0, to: 44 })).toEqual({ before: 0, after: 0 })
    expect(ahead({ from: 0, to: 40 }, { from: 14, to: 54 })).toEqual({ before: 0, after: 60 })
    expect(ahead({ from: 90, to: 130 }, { from: 70, to: 110 })).toEqual({ before: 60, after: 0 })
  })
})

type Rgb = readonly [number, number, number]

const rgb = (text: string): Rgb => {
  const n = parseInt(text.slice(1), 16)
  return [n >> 16, (n >> 8) & 255, n & 255]
}

function luminance(c: Rgb): number {
  const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

describe('cells coloured by value', () => {
  it('go by the logarithm where values are positive and span more than two decades', () => {
    expect([isWide(1e-5, 1e-1), isWide(1, 100), isWide(0, 1000), isWide(-1, 1000), isWide(null, null)]).toEqual([
      true,
      false,
      false,
      false,
      false,
    ])
    expect([1e-5, 1e-3, 1e-1].map((v) => heatShare(v, 1e-5, 1e-1))).toEqual([0, 0.5, 1])
    expect([0, 25, 200].map((v) => heatShare(v, 0, 100))).toEqual([0, 0.25, 1])
    expect(heatShare(7, 7, 7)).toBe(0.5)
  })
  it('can be read at every level of the scale, in both themes', async () => {
    // By a name that is not a literal: the front end has no types of Node.
    const { readFileSync } = (await import('node:fs' as string)) as {
      readFileSync: (path: string, encoding: string) => string
    }
    const [light, dark] = readFileSync('src/app/styles/tokens.css', 'utf8').split("[data-theme='dark']") as [
      string,
      string,
    ]
    for (const tokens of [light, dark]) {
      const token = (name: string) => rgb(new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(tokens)![1]!)
      for (const back of [token('heat-0'), token('heat-2')])
        expect(contrast(back, token('text'))).toBeGreaterThanOrEqual(4.5)
    }
    expect([0, 50, 100, 300].map((v) => heatOf(v, 0, 100)!.background.match(/\d+%/)![0])).toEqual([
      '0%',
      '50%',
      '100%',
      '100%',
    ])
  })
})

describe('the window of a grid', () => {
  it('has room in its pool for every span', () => {
    for (const height of [1, 100, 613, 800, 1999]) {
      for (let top = 0; top < 3000; top += 7) {
        const s = rowSpan(top, height, 28, 10_000)
        expect(s.to - s.from).toBeLessThanOrEqual(rowPool(height, 28))
        expect(s.from * 28).toBeLessThanOrEqual(top)
        expect(s.to * 28).toBeGreaterThanOrEqual(top + height)
      }
    }
  })
  it('holds the columns in sight beside the pinned ones', () => {
    const edges = columnEdges([100, 50, 50, 50, 50])
    expect(columnSpan(edges, 2, 0, 200, 0)).toEqual({ from: 2, to: 3 })
    expect(columnSpan(edges, 2, 60, 200, 0)).toEqual({ from: 3, to: 5 })
  })
})

describe('digits of a column', () => {
  const rowsOf = (values: unknown[]) =>
    values.map((v) => ({ at: new Map([['a', 0]]), cells: [v] }) as unknown as RunRow)
  it('are as many as tell its numbers apart, whichever page they came with', () => {
    const extremes = new Map()
    addRows(extremes, rowsOf([1e9, null, 'text', NaN]), ['a'])
    expect(columnDigits(extremes, NO_DIGITS)).toBe(NO_DIGITS)
    addRows(extremes, rowsOf([1e9 + 1e-3]), ['a'])
    const digits = columnDigits(extremes, NO_DIGITS)
    expect([...digits]).toEqual([['a', { digits: 14 }]])
    expect(columnDigits(extremes, digits)).toBe(digits)
    const column = valueColumn('a', true, digits.get('a'))
    expect(rowsOf([1e9, 1e9 + 1e-3, 0.5]).map((r) => column.plain!(r))).toEqual(['1000000000', '1000000000.001', '0.5'])
  })
  it('are in one notation', () => {
    const texts = (values: number[], id = 'a') => {
      const extremes = new Map()
      const rows = rowsOf(values).map((r) => ({ ...r, at: new Map([[id, 0]]) }))
      addRows(extremes, rows, [id])
      const column = valueColumn(id, true, columnDigits(extremes, NO_DIGITS).get(id))
      return rows.map((r) => column.plain!(r))
    }
    const loss = 'metric:loss|{}|last'
    expect(texts([0.0001, 1e-5, 0.03])).toEqual(['0.0001', '0.00001', '0.03'])
    expect(texts([0.0001, 1e-9, 0.03])).toEqual(['1e-4', '1e-9', '3e-2'])
    expect(texts([0.0001, 1e-5, 0.03, 0], loss)).toEqual(['0.0001000', '0.00001000', '0.03000', '0'])
    expect(texts([2345678.25, 0.5], loss)).toEqual(['2345678', '0.5000'])
    expect(texts([2e10, 0.5], loss)).toEqual(['2.000e10', '5.000e-1'])
    expect(texts([0.99999, 0.5], loss)).toEqual(['0.99999', '0.5000'])
    expect(texts([1e-9, 3e-8], loss)).toEqual(['1e-9', '3e-8'])
  })
  it('are fewer where the column is narrow, and no number is cut', () => {
    const column = valueColumn('metric:loss|{}|last', true, { digits: 9 })
    const [row] = rowsOf([-0.123456789]).map((r) => ({ ...r, at: new Map([['metric:loss|{}|last', 0]]) }))
    expect([20, 8, 6, 4, 1].map((room) => column.within!(row!, room))).toEqual([
      '\u22120.123456789',
      '\u22120.12346',
      '\u22120.123',
      '\u22120.1',
      '\u22121e-1',
    ])
    const [long] = rowsOf([204395617283746192837461928374619n])
    expect(valueColumn('a', true).within!(long!, 10)).toBe('2.044e32')
  })
})

describe('columns of groups', () => {
  it('begin with what is averaged, unless the address has an arrangement', () => {
    const usual = arranged(['lr', 'metric:loss|{}|last', 'expr:min(loss)'])
    expect(measuredFirst(usual).slice(0, 2)).toEqual(['metric:loss|{}|last', 'expr:min(loss)'])
    expect([...measuredFirst(usual)].sort()).toEqual([...usual].sort())
    const own = ['@status', 'lr', 'metric:loss|{}|last']
    expect(measuredFirst(own)).toEqual(own)
  })
})
