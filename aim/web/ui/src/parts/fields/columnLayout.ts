// Which columns the runs table has, and in which order. Pure.
//
// A column of the address is a param (`hparams.lr`), a metric (`metric:loss|{}|last`), an expression (`expr:last(loss)`)
// or a field of the run (`@status`).
// An address that names no field has them at their usual places, so that one with two params stays short.

import { queryOf, type ParamNames } from '../../base/paramPath'
import { columnsAt, fieldOfColumn } from './runFields'

export interface MetricColumn {
  readonly name: string
  readonly context: string
  readonly what: string
}

export const NAME = '@name'
/** Beside the params and metrics, unless an address says otherwise; the name is always first. */
export const FIELDS_BEFORE: readonly string[] = columnsAt('before').filter((id) => id !== NAME)
export const FIELDS_AFTER: readonly string[] = columnsAt('after')
export const ALL_FIELDS: readonly string[] = [...FIELDS_BEFORE, ...FIELDS_AFTER, ...columnsAt('optional')]
/** In an address: no field at all. */
const NO_FIELDS = '@'

export const isField = (id: string): boolean => id.startsWith('@')

/** Every column but the name, in order, of what the address says. */
export function arranged(columns: readonly string[]): string[] {
  if (!columns.some(isField)) return [...FIELDS_BEFORE, ...columns, ...FIELDS_AFTER]
  return [...new Set(columns)].filter((c) => !isField(c) || ALL_FIELDS.includes(c))
}

/** What the address says of this arrangement. */
export function toAddress(list: readonly string[]): string[] {
  const values = list.filter((c) => !isField(c))
  const usual = arranged(values)
  if (usual.length === list.length && usual.every((c, i) => c === list[i])) return values
  return list.some(isField) ? [...list] : [NO_FIELDS, ...list]
}

/** With further columns at the end, before the fields that come last if these are there. */
export function withColumns(list: readonly string[], ids: readonly string[]): string[] {
  const more = ids.filter((id) => !list.includes(id))
  let end = list.length
  while (end > 0 && FIELDS_AFTER.includes(list[end - 1]!)) end--
  if (more.some((id) => isField(id) && !FIELDS_AFTER.includes(id))) end = list.length
  return [...list.slice(0, end), ...more, ...list.slice(end)]
}

/** Pinned columns first; both parts in the order of the list. */
export function pinnedFirst(list: readonly string[], pinned: readonly string[]): string[] {
  return [...list.filter((c) => pinned.includes(c)), ...list.filter((c) => !pinned.includes(c))]
}

/** In a table of groups: what is averaged first, unless the address has an arrangement. It is why rows are grouped. */
export function measuredFirst(list: readonly string[]): string[] {
  if (toAddress(list).some(isField)) return [...list]
  return [...list.filter(isMeasured), ...list.filter((c) => !isMeasured(c))]
}

export function movedBeside(list: readonly string[], column: string, beside: string, after: boolean): string[] {
  const rest = list.filter((c) => c !== column)
  const at = rest.indexOf(beside)
  if (at < 0) return [...list]
  rest.splice(at + (after ? 1 : 0), 0, column)
  return rest
}

export function metricColumn(id: string): MetricColumn | null {
  if (!id.startsWith('metric:')) return null
  const what = id.lastIndexOf('|')
  const context = id.indexOf('|{')
  if (context < 0 || what <= context) return null
  return { name: id.slice(7, context), context: id.slice(context + 1, what), what: id.slice(what + 1) }
}

export function metricId(m: MetricColumn): string {
  return `metric:${m.name}|${m.context}|${m.what}`
}

const EXPRESSION = 'expr:'

/** The expression on metrics that a column is; null where it is none. */
export function expressionOf(id: string): string | null {
  return id.startsWith(EXPRESSION) ? id.slice(EXPRESSION.length) : null
}

export const expressionId = (text: string): string => EXPRESSION + text

/** A value of a metric, or computed from some: a number that is averaged over groups. */
export function isMeasured(id: string): boolean {
  return id.startsWith('metric:') || id.startsWith(EXPRESSION)
}

/** What the server sorts by. */
export function sortKey(id: string): string {
  return fieldOfColumn(id)?.name ?? (isMeasured(id) ? id : `params.${id}`)
}

/** The column as a query writes it; null where no query can speak of it. */
export function queryName(id: string, names?: ParamNames): string | null {
  if (isField(id)) {
    const query = fieldOfColumn(id)?.query
    return query ? `run.${query}` : null
  }
  if (expressionOf(id) !== null) return null
  const m = metricColumn(id)
  if (!m) return queryOf(id, names)
  const what = m.what.replace(/^best:/, '')
  if (!['last', 'min', 'max', 'first', 'count'].includes(what)) return null
  return `run.metrics[${JSON.stringify(m.name)}${m.context === '{}' ? '' : `, ${m.context}`}].${what}`
}
