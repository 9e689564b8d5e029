// The rows of the table of sequences, and their order.

import { digitsOfTrios } from '../../base/format'
import { compareTexts } from '../../base/order'
import type { SeriesCache } from '../../charts/data/seriesCache'
import { fieldText } from '../../parts/curves/grouping'
import type { FoundLine } from '../../parts/curves/metricsModel'
import { contextText } from '../../parts/fields/columns'
import type { SortState } from '../../widgets/grid/Grid'

type Value = number | string

/** @param crossX Where the crosshair is; null: nowhere. */
export function sortedLines(
  lines: readonly FoundLine[],
  sort: readonly SortState[],
  crossX: number | null,
  cache: SeriesCache,
): readonly FoundLine[] {
  if (sort.length === 0) return lines
  const crossOf = (l: FoundLine) => (crossX === null ? NaN : cache.valueAt(l.sequence.id, crossX))
  const keyed = lines.map((line) => ({
    line,
    values: sort.map((s) => (s.by === 'cross' ? crossOf(line) : valueOf(line, s.by))),
  }))
  keyed.sort((a, b) => compareRows(a.values, b.values, sort))
  return keyed.map((k) => k.line)
}

function valueOf(l: FoundLine, by: string): Value {
  const s = l.sequence
  switch (by) {
    case 'run':
      return l.run.name
    case 'metric':
      return `${s.name} ${contextText(s.context)}`
    case 'last':
      return s.last ?? NaN
    case 'min':
      return s.min ?? NaN
    case 'max':
      return s.max ?? NaN
    case 'points':
      return s.count
    case 'status':
      return l.run.status
    default:
      return fieldText(by, s, l.run)
  }
}

function compareRows(a: readonly Value[], b: readonly Value[], sort: readonly SortState[]): number {
  for (let i = 0; i < sort.length; i++) {
    const x = a[i]!
    const y = b[i]!
    const sign = sort[i]!.desc ? -1 : 1
    if (typeof x === 'number' && typeof y === 'number') {
      // What has no value comes last, whichever way.
      if (Number.isNaN(x) || Number.isNaN(y)) {
        if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1
      } else if (x !== y) return (x - y) * sign
    } else {
      const d = compareTexts(String(x), String(y))
      if (d !== 0) return d * sign
    }
  }
  return 0
}

/** By metric, the digits that tell its values apart. */
export function digitsByMetric(lines: readonly FoundLine[]): ReadonlyMap<string, number> {
  const rows = new Map<string, (readonly (number | null)[])[]>()
  for (const { sequence: s } of lines) {
    const row = [s.last, s.min, s.max]
    const known = rows.get(s.name)
    if (known) known.push(row)
    else rows.set(s.name, [row])
  }
  return new Map([...rows].map(([name, trios]) => [name, digitsOfTrios(trios)]))
}

/** The sort after a click on a column: the other way round where it is sorted by it. */
export function sortedBy(sort: readonly SortState[], by: string, add: boolean): readonly SortState[] {
  const at = sort.find((k) => k.by === by)
  const next = { by, desc: at ? !at.desc : by === 'last' || by === 'max' || by === 'points' }
  return add ? [...sort.filter((k) => k.by !== by), next].slice(-3) : [next]
}
