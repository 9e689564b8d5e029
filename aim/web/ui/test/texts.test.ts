import { describe, expect, it } from 'vitest'
import { csvText } from '../src/charts/draw/exports'
import { compareTexts } from '../src/base/order'

describe('texts of a table', () => {
  it('are sorted as people count, as the server has it', () => {
    const texts = ['10', 'Item9', '1e-3', '', 'item10', '-2', '9007199254740993', '9007199254740992', 'item1', '9', '٢']
    expect(texts.sort(compareTexts)).toEqual([
      '-2',
      '1e-3',
      '9',
      '10',
      '9007199254740992',
      '9007199254740993',
      '',
      'item1',
      'Item9',
      'item10',
      '٢',
    ])
    expect(['b', 'B', 'a'].sort(compareTexts)).toEqual(['a', 'B', 'b'])
  })
  it('are not formulas in a CSV file', () => {
    expect(['=1+2', '+1', '-2+3', '@SUM(A1)', '\tx', '\rx', '', 'a=1', ' =1'].map(csvText)).toEqual([
      "'=1+2",
      "'+1",
      "'-2+3",
      "'@SUM(A1)",
      "'\tx",
      "'\rx",
      '',
      'a=1',
      ' =1',
    ])
  })
})
