// How many digits the numbers of a column need to show where they differ: 1e9 and a thousandth more are not two `1e9`.

import { numberOf, type RunRow } from '../../../base/api/types'
import { DIGITS, digitsTelling } from '../../../base/format'

/** By column, the smallest and the largest number of the rows that came so far. */
export type Extremes = Map<string, readonly [number, number]>

/** By column, significant digits; those that need no more than usual are left out. */
export type ColumnDigits = ReadonlyMap<string, number>

export const NO_DIGITS: ColumnDigits = new Map()

/** Takes more rows in. */
export function addRows(extremes: Extremes, rows: readonly RunRow[], columns: readonly string[]): void {
  for (const c of columns) {
    let [lo, hi] = extremes.get(c) ?? [Infinity, -Infinity]
    for (const row of rows) {
      const v = numberOf(row, c)
      if (v === undefined || !Number.isFinite(v)) continue
      if (v < lo) lo = v
      if (v > hi) hi = v
    }
    if (lo <= hi) extremes.set(c, [lo, hi])
  }
}

/** The digits of the columns; `old` itself where they are the same. */
export function columnDigits(extremes: Extremes, old: ColumnDigits): ColumnDigits {
  const found = new Map<string, number>()
  for (const [c, [lo, hi]] of extremes) {
    const digits = digitsTelling(hi - lo, Math.max(Math.abs(lo), Math.abs(hi)))
    if (digits > DIGITS) found.set(c, digits)
  }
  return found.size === old.size && [...found].every(([c, d]) => old.get(c) === d) ? old : found
}
