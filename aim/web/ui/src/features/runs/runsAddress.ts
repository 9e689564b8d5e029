// The view state of the runs page and its form in the query string, defaults left out.

import { join, joinKeys, leftOut, splitKeys, unique, type Checked, type Parsed } from '../../base/address'
import type { SortKey } from '../../base/api/types'

export interface RunsView {
  readonly q: string
  readonly sort: readonly SortKey[]
  /** null: the columns are chosen for the data. */
  readonly columns: readonly string[] | null
  /** Fields and params whose values make the groups; empty: single runs. */
  readonly group: readonly string[]
  /** Columns that stay at the left. */
  readonly pinned: readonly string[]
  /** Columns whose cells are coloured by their values. */
  readonly heat: readonly string[]
  /** Widths of the columns that were resized, CSS px. */
  readonly widths: Readonly<Record<string, number>>
}

export const RUNS_DEFAULT: RunsView = {
  q: '',
  sort: [{ by: 'created_at', desc: true }],
  columns: null,
  group: [],
  pinned: [],
  heat: [],
  widths: {},
}

const METRIC_COLUMN = /^metric:[^]*\|\{[^]*\|(last|min|max|first|count|best|best:min|best:max|at:\d{1,15})$/

/** A param, a field, or a metric as the server has it: it refuses others, and with them the whole table. */
function isColumn(id: string): boolean {
  return id !== '' && id !== 'expr:' && (!id.startsWith('metric:') || METRIC_COLUMN.test(id))
}

export function parseRuns(search: string): Parsed<RunsView> {
  let view = RUNS_DEFAULT
  const unknown: string[] = []
  for (const [key, value] of new URLSearchParams(search)) {
    if (key === 'q') view = { ...view, q: value }
    else if (key === 's') {
      const keys = splitKeys(value)
        .map((s) => (s.startsWith('-') ? { by: s.slice(1), desc: true } : { by: s, desc: false }))
        .filter((s) => isColumn(s.by))
      const sort = keys.filter((s, i) => keys.findIndex((o) => o.by === s.by) === i).slice(0, 3)
      if (sort.length > 0) view = { ...view, sort }
      else unknown.push(leftOut(key, value))
    } else if (key === 'col' && (value === '' || isColumn(value)))
      view = { ...view, columns: unique([...(view.columns ?? []), ...(value ? [value] : [])]) }
    else if (key === 'g' && value) view = { ...view, group: unique([...view.group, value]) }
    else if (key === 'pin' && value) view = { ...view, pinned: unique([...view.pinned, value]) }
    else if (key === 'heat' && value) view = { ...view, heat: unique([...view.heat, value]) }
    else if (key.startsWith('w.') && Number(value) >= 40 && Number(value) <= 2000)
      view = { ...view, widths: { ...view.widths, [key.slice(2)]: Number(value) } }
    else unknown.push(leftOut(key, value))
  }
  return { view, unknown }
}

export function formatRuns(v: RunsView): string {
  const parts: [string, string][] = []
  if (v.q) parts.push(['q', v.q])
  const sort = joinKeys(v.sort.map((s) => (s.desc ? '-' : '') + s.by))
  if (sort !== '-created_at') parts.push(['s', sort])
  for (const g of v.group) parts.push(['g', g])
  // One key per column: a metric column contains commas and braces.
  if (v.columns) for (const c of v.columns.length > 0 ? v.columns : ['']) parts.push(['col', c])
  for (const c of v.pinned) parts.push(['pin', c])
  for (const c of v.heat) parts.push(['heat', c])
  for (const [c, width] of Object.entries(v.widths)) parts.push([`w.${c}`, String(width)])
  return join(parts)
}

export function checkRuns(search: string): Checked {
  const { view, unknown } = parseRuns(search)
  return { unknown, clean: formatRuns(view) }
}
