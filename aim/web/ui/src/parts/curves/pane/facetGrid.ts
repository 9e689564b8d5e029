// Charts by two or more fields as a grid: one field across, the others down. Pure.

import { compareTexts } from '../../../base/order'
import { fieldLabel, fieldText } from '../grouping'
import type { FoundChart } from '../metricsModel'

export interface FacetHead {
  readonly key: string
  /** The field and its value: `lr=0.1`; of metrics the name alone. */
  readonly label: string
}

export interface FacetRow {
  readonly head: FacetHead
  /** One place a column; null where no run has both values. */
  readonly cells: readonly (FoundChart | null)[]
}

export interface FacetGrid {
  readonly columns: readonly FacetHead[]
  readonly rows: readonly FacetRow[]
}

/** Columns that a grid may have: more would be too narrow to read, and the charts wrap. */
export const MOST_COLUMNS = 12

/**
 * The last field goes across, as `subset` of `metric.name, subset`; where it has too many values, the first does. Null
 * where neither has few enough.
 */
export function facetGrid(charts: readonly FoundChart[], facets: readonly string[] | null): FacetGrid | null {
  if (facets === null || facets.length < 2 || charts.length < 2) return null
  return gridAcross(charts, facets, facets.length - 1) ?? gridAcross(charts, facets, 0)
}

function gridAcross(charts: readonly FoundChart[], facets: readonly string[], across: number): FacetGrid | null {
  const columns = new Map<string, FacetHead>()
  const rows = new Map<string, { head: FacetHead; cells: Map<string, FoundChart> }>()
  const down = facets.filter((_, i) => i !== across)
  for (const chart of charts) {
    const column = headOf(chart, [facets[across]!])
    if (!columns.has(column.key)) columns.set(column.key, column)
    if (columns.size > MOST_COLUMNS) return null
    const head = headOf(chart, down)
    let row = rows.get(head.key)
    if (!row) rows.set(head.key, (row = { head, cells: new Map() }))
    row.cells.set(column.key, chart)
  }
  // Metrics keep their order, which says more than the alphabet.
  const heads = [...columns.values()]
  if (facets[across] !== 'metric.name') heads.sort((a, b) => compareTexts(a.key, b.key))
  return {
    columns: heads,
    rows: [...rows.values()].map(({ head, cells }) => ({ head, cells: heads.map((h) => cells.get(h.key) ?? null) })),
  }
}

function headOf({ lines }: FoundChart, fields: readonly string[]): FacetHead {
  const { sequence, run } = lines[0]!
  const texts = fields.map((f) => fieldText(f, sequence, run))
  return {
    key: texts.join('\u0000'),
    label: texts.map((t, i) => (fields[i] === 'metric.name' ? t : `${fieldLabel(fields[i]!)}=${t}`)).join(' · '),
  }
}
