// How the numbers of a column are written so that they show where they differ, in one notation: 1e9 and a thousandth more are
// not two `1e9`, and 0.0001 does not stand beside 1e-5.

import { numberOf, type RunRow } from '../../../base/api/types'
import { styleFor, type NumberStyle } from '../../../base/format'

/** By column, the smallest and the largest number of the rows that came so far, and the smallest size but 0. */
export type Extremes = Map<string, readonly [lo: number, hi: number, least: number]>

/** By column; those that need nothing special are left out. */
export type ColumnDigits = ReadonlyMap<string, NumberStyle>

export const NO_DIGITS: ColumnDigits = new Map()

/** Takes more rows in. */
export function addRows(extremes: Extremes, rows: readonly RunRow[], columns: readonly string[]): void {
  for (const c of columns) {
    let [lo, hi, least] = extremes.get(c) ?? [Infinity, -Infinity, Infinity]
    for (const row of rows) {
      const v = numberOf(row, c)
      if (v === undefined || !Number.isFinite(v)) continue
      if (v < lo) lo = v
      if (v > hi) hi = v
      if (v !== 0 && Math.abs(v) < least) least = Math.abs(v)
    }
    if (lo <= hi) extremes.set(c, [lo, hi, least])
  }
}

/** The styles of the columns; `old` itself where they are the same. */
export function columnDigits(extremes: Extremes, old: ColumnDigits): ColumnDigits {
  const found = new Map<string, NumberStyle>()
  for (const [c, [lo, hi, least]] of extremes) {
    const style = styleFor(lo, hi, least)
    if (style) found.set(c, style)
  }
  return found.size === old.size && [...found].every(([c, s]) => isSame(old.get(c), s)) ? old : found
}

const isSame = (a: NumberStyle | undefined, b: NumberStyle) => a?.digits === b.digits && a.scientific === b.scientific
