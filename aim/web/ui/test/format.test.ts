import { describe, expect, it } from 'vitest'
import { formatAgo, formatBytes, formatCell, formatCount, formatDuration, formatNumber, fullNumber } from '../src/ui/format'

describe('counts', () => {
  it('part thousands with thin spaces', () => {
    expect([0, 7, 999, 1000, 3200, 10432, 1234567, -1200, 2.6].map(formatCount)).toEqual(['0', '7', '999', '1\u2009000', '3\u2009200', '10\u2009432', '1\u2009234\u2009567', '\u22121\u2009200', '3'])
  })
  it('stay short where there is nothing to count', () => {
    expect([NaN, Infinity, 1e300].map(formatCount)).toEqual(['NaN', '∞', '1e300'])
  })
})

describe('numbers', () => {
  it('have four significant digits', () => {
    expect([0.21414, 1234.5678, 12.3456, -0.000123456].map((v) => formatNumber(v))).toEqual(['0.2141', '1235', '12.35', '\u22120.0001235'])
  })
  it('are scientific under 1e-4 and from 1e6, also when rounding takes them there', () => {
    expect([9.9e-5, 1e-4, 999999, 1e6, 999999.9, 0.000099999, 1234567].map((v) => formatNumber(v))).toEqual(['9.9e-5', '0.0001', '999999', '1e6', '1e6', '0.0001', '1.235e6'])
  })
  it('line up in a column', () => {
    expect([0.142, 2, 9999.96, 12.5, 1e-7, NaN].map(formatCell)).toEqual(['0.1420', '2', '10000', '12.50', '1e-7', 'NaN'])
  })
  it('are copied whole', () => {
    expect([0.1 + 0.2, 1e21, -0, NaN, -Infinity, null].map(fullNumber)).toEqual(['0.30000000000000004', '1e+21', '0', 'nan', '-inf', ''])
  })
})

describe('sizes and spans', () => {
  it('round before they choose the unit', () => {
    expect([0, 999, 1000, 999_960, 1_700_000, 5e15].map(formatBytes)).toEqual(['0 B', '999 B', '1 kB', '1 MB', '1.7 MB', '5 PB'])
    expect([0.0234, 0.9999, 59.9, 61, 3661, 90000, null].map(formatDuration)).toEqual(['23 ms', '1s', '59s', '1m 1s', '1h 1m', '1d 1h', '–'])
  })
  it('are relative for a week', () => {
    const now = 1_760_000_000
    expect([0, 45, 600, 7200, 3 * 86400].map((s) => formatAgo(now - s, now))).toEqual(['just now', '45s ago', '10 min ago', '2 h ago', '3 d ago'])
    expect(formatAgo(now - 8 * 86400, now)).toMatch(/2025/)
  })
})
