// Which columns the runs table has, and in which order. Pure.
//
// A column of the address is a param (`hparams.lr`), a metric (`metric:loss|{}|last`) or a field of the run (`@status`).
// An address that names no field has them at their usual places, so that one with two params stays short.

import { asQuery } from '../../base/paramPath'

export interface MetricColumn {
  readonly name: string
  readonly context: string
  readonly what: string
}

export const NAME = '@name'
export const FIELDS_BEFORE = ['@status', '@experiment', '@created', '@duration'] as const
export const FIELDS_AFTER = ['@tags'] as const
export const ALL_FIELDS = [...FIELDS_BEFORE, ...FIELDS_AFTER, '@description'] as const
export const FIELD_TITLES: Readonly<Record<string, string>> = {
  '@name': 'Run',
  '@status': 'Status',
  '@experiment': 'Experiment',
  '@created': 'Created',
  '@duration': 'Duration',
  '@tags': 'Tags',
  '@description': 'Description',
}
/** In an address: no field at all. */
const NO_FIELDS = '@'

export const isField = (id: string): boolean => id.startsWith('@')

/** Every column but the name, in order, of what the address says. */
export function arranged(columns: readonly string[]): string[] {
  if (!columns.some(isField)) return [...FIELDS_BEFORE, ...columns, ...FIELDS_AFTER]
  return [...new Set(columns)].filter((c) => !isField(c) || (ALL_FIELDS as readonly string[]).includes(c))
}

/** What the address says of this arrangement. */
export function toAddress(list: readonly string[]): string[] {
  const values = list.filter((c) => !isField(c))
  const usual = arranged(values)
  if (usual.length === list.length && usual.every((c, i) => c === list[i])) return values
  return list.some(isField) ? [...list] : [NO_FIELDS, ...list]
}

/** With further columns at the end, before the tags if those stand there. */
export function withColumns(list: readonly string[], ids: readonly string[]): string[] {
  const more = ids.filter((id) => !list.includes(id))
  if (list[list.length - 1] !== '@tags' || more.includes('@description')) return [...list, ...more]
  return [...list.slice(0, -1), ...more, '@tags']
}

/** Pinned columns first; both parts in the order of the list. */
export function pinnedFirst(list: readonly string[], pinned: readonly string[]): string[] {
  return [...list.filter((c) => pinned.includes(c)), ...list.filter((c) => !pinned.includes(c))]
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

/** What the server sorts by. */
export function sortKey(id: string): string {
  const field = { '@created': 'created_at' }[id] ?? (isField(id) ? id.slice(1) : null)
  return field ?? (id.startsWith('metric:') ? id : `params.${id}`)
}

/** The column as a query writes it; null where no query can speak of it. */
export function queryName(id: string): string | null {
  if (isField(id))
    return { '@created': 'run.created_at', '@description': 'run.description' }[id] ?? `run.${id.slice(1)}`
  const m = metricColumn(id)
  if (!m) return asQuery(id)
  const what = m.what.replace(/^best:/, '')
  if (!['last', 'min', 'max', 'first', 'count'].includes(what)) return null
  return `run.metrics[${JSON.stringify(m.name)}${m.context === '{}' ? '' : `, ${m.context}`}].${what}`
}
