import { describe, expect, it } from 'vitest'
import { jsonText, parseJson, parsePlainJson, WholeFloat } from '../src/base/api/json'
import { numberOf, type RunRow } from '../src/base/api/types'
import { exactText, formatValue } from '../src/base/format'
import { makeGroups } from '../src/features/runs/groups'
import { differences } from '../src/parts/facts/Params'
import { leaves } from '../src/parts/facts/runLeaves'

const RECORDED =
  '{"zero": 0.0, "one": 1.0, "minus": -0.0, "int": 1, "big": 123456789012345678, "huge": 1e+22, "half": 0.5, ' +
  '"text": "a, 1.0, \\"2.0\\" b", "betas": [0.9, 1.0], "million": 1000000.0, "small": 1e-5, "nan": {"$float":"nan"}}'

describe('numbers as they were recorded', () => {
  const params = parsePlainJson(RECORDED) as Record<string, unknown>
  it('are shown with their kind and all digits', () => {
    expect(leaves(params).map(([k, v]) => `${k} ${exactText(v)}`)).toEqual([
      'zero 0.0',
      'one 1.0',
      'minus -0.0',
      'int 1',
      'big 123456789012345678',
      'huge 1e+22',
      'half 0.5',
      'text a, 1.0, "2.0" b',
      'betas [0.9,1.0]',
      'million 1000000.0',
      'small 0.00001',
      'nan nan',
    ])
    expect(formatValue(params.one)).toBe('1.0')
    expect(formatValue(params.minus)).toBe('\u22120.0')
  })
  it('are copied as JSON that reads back as the same', () => {
    expect(parsePlainJson(jsonText(params, 2, () => '{"$float":"nan"}'))).toEqual(params)
    expect(jsonText(params)).toContain('"zero":0.0,"one":1.0,"minus":-0.0,"int":1,"big":123456789012345678')
  })
  it('are one object for one number, and numbers to reckon with', () => {
    expect(parsePlainJson('1.0')).toBe(WholeFloat.of(1))
    expect(WholeFloat.of(0)).not.toBe(WholeFloat.of(-0))
    const row = { cells: [WholeFloat.of(3)], at: new Map([['p', 0]]) } as unknown as RunRow
    expect(numberOf(row, 'p')).toBe(3)
    expect(JSON.stringify({ a: WholeFloat.of(2) })).toBe('{"a":2}')
  })
  it('a dict of the user that looks like a mark stays one', () => {
    expect(parseJson('{"$$float":"1.0"}')).toEqual({ $float: '1.0' })
  })
  it('1 and 1.0 are equal, as in a query, and 2.0 differs', () => {
    const of = (text: string) => parsePlainJson(text) as Record<string, unknown>
    expect(differences(of('{"a": 1.0, "b": 1}'), of('{"a": 1, "b": 2.0}')).map((d) => d.path)).toEqual(['b'])
    expect(differences(of('{"a": [1.0]}'), of('{"a": [2.0]}')).map((d) => d.path)).toEqual(['a'])
  })
  it('1 and 1.0 make one group, named as the first', () => {
    const row = (hash: string, v: unknown) =>
      ({ hash, created_at: 1, tags: [], cells: [v], at: new Map([['wd', 0]]) }) as unknown as RunRow
    const rows = [row('a', WholeFloat.of(0)), row('b', 0), row('c', 0.5)]
    expect(makeGroups(rows, ['wd'], [], []).map((g) => [g.group.values[0]!.text, g.group.members.length])).toEqual([
      ['0.0', 2],
      ['0.5', 1],
    ])
  })
})
