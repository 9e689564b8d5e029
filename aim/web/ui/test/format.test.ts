import { describe, expect, it } from 'vitest'
import { jsonText, parseJson, parsePlainJson } from '../src/base/api/json'
import {
  digitsFor,
  exactText,
  formatAgo,
  formatBytes,
  formatCell,
  formatCount,
  formatDateTime,
  formatDay,
  formatDuration,
  formatNumber,
  formatValue,
  fullNumber,
} from '../src/base/format'

describe('counts', () => {
  it('part thousands with thin spaces', () => {
    expect([0, 7, 999, 1000, 3200, 10432, 1234567, -1200, 2.6].map(formatCount)).toEqual([
      '0',
      '7',
      '999',
      '1\u2009000',
      '3\u2009200',
      '10\u2009432',
      '1\u2009234\u2009567',
      '\u22121\u2009200',
      '3',
    ])
  })
  it('stay short where there is nothing to count', () => {
    expect([NaN, Infinity, 1e300].map(formatCount)).toEqual(['NaN', '∞', '1e300'])
  })
})

describe('numbers', () => {
  it('have four significant digits', () => {
    expect([0.21414, 1234.5678, 12.3456, -0.000123456].map((v) => formatNumber(v))).toEqual([
      '0.2141',
      '1235',
      '12.35',
      '\u22120.0001235',
    ])
  })
  it('are scientific under 1e-4 and from 1e6', () => {
    expect([9.9e-5, 1e-4, 999999, 1e6, 999999.9, 0.000099999, 1234567].map((v) => formatNumber(v))).toEqual([
      '9.9e-5',
      '0.0001',
      '999999',
      '1e6',
      '999999.9',
      '9.9999e-5',
      '1.235e6',
    ])
  })
  it('read like a power of ten only where they are one', () => {
    expect([0.99999, 0.9996, -0.99999, 99.9996, 1.00001, 0.9999999999].map((v) => formatNumber(v))).toEqual([
      '0.99999',
      '0.9996',
      '\u22120.99999',
      '99.9996',
      '1',
      '1',
    ])
    expect(formatCell(0.99999)).toBe('0.99999')
  })
  it('line up in a column', () => {
    expect([0.142, 2, 9999.96, 12.5, 1e-7, NaN].map((v) => formatCell(v))).toEqual([
      '0.1420',
      '2',
      '9999.96',
      '12.50',
      '1e-7',
      'NaN',
    ])
  })
  it('are copied whole', () => {
    expect([0.1 + 0.2, 1e21, -0, NaN, -Infinity, null].map(fullNumber)).toEqual([
      '0.30000000000000004',
      '1e+21',
      '0',
      'nan',
      '-inf',
      '',
    ])
  })
})

describe('sizes and spans', () => {
  it('round before they choose the unit', () => {
    expect([0, 999, 1000, 999_960, 1_700_000, 5e15].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1 kB',
      '1 MB',
      '1.7 MB',
      '5 PB',
    ])
    expect([0.0234, 0.9999, 59.9, 61, 3661, 90000, null].map(formatDuration)).toEqual([
      '23 ms',
      '1s',
      '59s',
      '1m 1s',
      '1h 1m',
      '1d 1h',
      '–',
    ])
  })
  it('are relative for a week', () => {
    const now = 1_760_000_000
    expect([0, 45, 600, 7200, 3 * 86400].map((s) => formatAgo(now - s, now))).toEqual([
      'just now',
      '45s ago',
      '10 min ago',
      '2 h ago',
      '3 d ago',
    ])
    expect(formatAgo(now - 8 * 86400, now)).toMatch(/2025/)
  })
})

describe('whole numbers', () => {
  const seed = parseJson('{"v": {"$int": "204395617283746192837461928374619"}}') as { v: bigint }
  it('have all their digits, however many', () => {
    expect([seed.v, 2n ** 53n + 1n, 12345678, -7, 1e22].map((v) => formatValue(v))).toEqual([
      '204395617283746192837461928374619',
      '9007199254740993',
      '12345678',
      '\u22127',
      '1e22',
    ])
    expect([seed.v, 12345678, 0.1].map(exactText)).toEqual(['204395617283746192837461928374619', '12345678', '0.1'])
    expect([2n ** 53n + 1n, 2 ** 53 + 2].map(formatCount)).toEqual([
      '9\u2009007\u2009199\u2009254\u2009740\u2009993',
      '9\u2009007\u2009199\u2009254\u2009740\u2009994',
    ])
  })
  it('are written in lists, dicts and JSON as they are', () => {
    const value = { seeds: [seed.v, 1], none: null, nan: NaN, empty: [{}, []] }
    expect(jsonText(value)).toBe(
      '{"seeds":[204395617283746192837461928374619,1],"none":null,"nan":NaN,"empty":[{},[]]}',
    )
    expect(jsonText({ a: [1, NaN], b: 'x"' }, 2, (n) => JSON.stringify(fullNumber(n)))).toBe(
      '{\n  "a": [\n    1,\n    "nan"\n  ],\n  "b": "x\\""\n}',
    )
    expect(formatValue([seed.v])).toBe('[204395617283746192837461928374619]')
  })
  it('come from the names of columns with their digits', () => {
    expect(
      parsePlainJson('{"seed":9007199254740993,"a":"x:9007199254740993","b":0.12345678901234567,"c":-12}'),
      // oxlint-disable-next-line no-loss-of-precision -- as Python writes a float
    ).toEqual({ seed: 9007199254740993n, a: 'x:9007199254740993', b: 0.12345678901234567, c: -12 })
  })
  it('are distinguished from the dicts that look like them', () => {
    expect(parseJson('[{"$$int": {"$int": "9007199254740993"}}, {"$$float": 1}, {"$int": "7", "b": 1}]')).toEqual([
      { $int: 9007199254740993n },
      { $float: 1 },
      { $int: '7', b: 1 },
    ])
  })
})

describe('numbers that lie close together', () => {
  it('have the digits that tell them apart', () => {
    const values = [1e9, 1e9 + 1e-3, 1e9 - 0.002]
    const digits = digitsFor(values)
    expect(values.map((v) => formatNumber(v, digits))).toEqual(['1000000000', '1000000000.001', '999999999.998'])
    expect([0.91342, 0.91345].map((v) => formatCell(v, digitsFor([0.91342, 0.91345])))).toEqual([
      '0.913420',
      '0.913450',
    ])
    expect([digitsFor([0.1, 5, NaN, null]), digitsFor([]), digitsFor([7]), digitsFor([-1e308, 1e308])]).toEqual([
      4, 4, 4, 4,
    ])
    expect(digitsFor([1e16, 1e16 + 2])).toBe(17)
  })
})

describe('times that no calendar can show', () => {
  it('are a dash, wherever they come from', () => {
    for (const at of [NaN, Infinity, -Infinity, 1e300, -1e13, null, undefined])
      expect([formatDateTime(at), formatAgo(at)]).toEqual(['–', '–'])
    expect(formatDay(1e300)).toBe('–')
    expect(formatDateTime(0)).not.toBe('–')
  })
  it('are a power of ten where they are the float32 of one, as charts have it', () => {
    expect([0.01, 0.1, 1e-3, 1e-5].map((v) => formatNumber(Math.fround(v)))).toEqual(['0.01', '0.1', '0.001', '1e-5'])
    expect(formatCell(Math.fround(0.01))).toBe('0.01000')
    expect(formatNumber(0.0099999)).toBe('0.0099999')
  })
})
