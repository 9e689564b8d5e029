import { describe, expect, it } from 'vitest'
import { arrange, moved } from '../src/parts/curves/chartOrder'

const charts = ['a', 'b', 'c', 'd'].map((key) => ({ key }))
const keys = (list: readonly { key: string }[]) => list.map((c) => c.key).join('')

describe('order of charts', () => {
  it('moves one left, right, first, and before another', () => {
    const all = ['a', 'b', 'c', 'd']
    expect(moved(all, 'c', 'left').join('')).toBe('acbd')
    expect(moved(all, 'a', 'left').join('')).toBe('abcd')
    expect(moved(all, 'c', 'right').join('')).toBe('abdc')
    expect(moved(all, 'd', 'right').join('')).toBe('abcd')
    expect(moved(all, 'd', 'first').join('')).toBe('dabc')
    expect(moved(all, 'a', { before: 'd' }).join('')).toBe('bcad')
    expect(moved(all, 'd', { before: 'b' }).join('')).toBe('adbc')
    expect(moved(all, 'b', { before: 'b' }).join('')).toBe('abcd')
  })
  it('puts pinned charts first, then those in order, then the rest by name', () => {
    expect(keys(arrange(charts, new Set(), []))).toBe('abcd')
    expect(keys(arrange(charts, new Set(['d']), ['c', 'b']))).toBe('dcba')
    expect(keys(arrange(charts, new Set(['b', 'c']), ['c', 'gone']))).toBe('cbad')
  })
})
