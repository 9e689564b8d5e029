// Columns of the runs table: what they are called in the address, in the head and to the server.

import { numberOf, valueOf, type ColumnsResult, type RunRow } from '../api/types'
import type { Column } from '../grid/Grid'
import { formatCell, formatValue } from '../ui/format'
import { FIELD_TITLES, metricColumn, sortKey } from './columnLayout'

export function contextText(context: string | Readonly<Record<string, unknown>>): string {
  let c: Readonly<Record<string, unknown>>
  if (typeof context === 'string') {
    try {
      c = JSON.parse(context) as Record<string, unknown>
    } catch {
      return context
    }
  } else c = context
  return Object.entries(c).map(([k, v]) => `${k}=${formatValue(v)}`).join(' ')
}

export function columnTitle(id: string): string {
  const m = metricColumn(id)
  if (!m) return FIELD_TITLES[id] ?? id
  const values = Object.values((() => { try { return JSON.parse(m.context) as Record<string, unknown> } catch { return {} } })())
  return [m.name, ...values.map(formatValue), m.what === 'last' ? '' : (WHAT[m.what] ?? m.what.replace(/^at:/, '@'))].filter(Boolean).join(' ')
}

const WHAT: Readonly<Record<string, string>> = { 'best:min': 'best ↓', 'best:max': 'best ↑' }
const WHAT_HINT: Readonly<Record<string, string>> = { best: 'best value, by the goal that its name suggests', 'best:min': 'best value: the lowest', 'best:max': 'best value: the highest' }

function whatHint(what: string): string {
  return WHAT_HINT[what] ?? (what.startsWith('at:') ? `at step ${what.slice(3)}, or at the nearest before it` : what)
}

/** The columns of a first visit: params that differ, and the last values of a few metrics. */
export function defaultColumns(c: ColumnsResult | undefined): string[] {
  if (!c) return []
  const params = c.params.filter((p) => p.distinct > 1).slice(0, 5).map((p) => p.path)
  const metrics = c.metrics.slice(0, 4).map((m) => `metric:${m.name}|${m.context}|last`)
  return [...params, ...metrics]
}

/** A value with all its digits. */
function fullText(value: unknown): string {
  return value === undefined ? '' : typeof value === 'number' ? String(value) : formatValue(value)
}

/** `numeric`: all values of this param are numbers, so they stand to the right. */
export function valueColumn(id: string, numeric: boolean): Column<RunRow> {
  const m = metricColumn(id)
  if (m) {
    return {
      id, title: columnTitle(id), width: 116, align: 'right', sort: id, hint: `${m.name} ${contextText(m.context)} ${whatHint(m.what)}`,
      plain: (r) => formatCell(numberOf(r, id)),
      text: (r) => String(numberOf(r, id) ?? ''),
    }
  }
  return {
    id, title: id.replace(/^hparams\./, ''), width: 104, sort: sortKey(id), hint: id, ...(numeric ? { align: 'right' as const } : {}),
    plain: (r) => formatValue(valueOf(r, id)),
    text: (r) => fullText(valueOf(r, id)),
  }
}
