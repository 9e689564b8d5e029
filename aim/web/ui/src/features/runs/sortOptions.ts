// What runs can be sorted by: every column there is, shown or not; metrics by their best value first. Pure.

import type { ColumnsResult } from '../../base/api/types'
import { ALL_FIELDS, NAME, sortKey } from '../../parts/fields/columnLayout'
import { columnTitle, paramNames } from '../../parts/fields/columns'
import { fieldOfColumn } from '../../parts/fields/runFields'

export interface SortOption {
  /** The column that shows what is sorted by. */
  readonly column: string
  readonly by: string
  readonly title: string
  readonly hint: string
  /** The direction that is wanted first: best, newest, A to Z. */
  readonly desc: boolean
  /** What a search is matched against. */
  readonly text: string
}

export interface SortSection {
  readonly title: string
  readonly options: readonly SortOption[]
}

const TEXTS = new Set(['text', 'status', 'texts'])

/**
 * @param ranked Columns that come first in their section, such as those that the table shows.
 */
export function sortSections(known: ColumnsResult | undefined, ranked: readonly string[]): SortSection[] {
  const names = paramNames(known)
  const place = new Map(ranked.map((id, i) => [id, i]))
  const first = (a: SortOption, b: SortOption) =>
    (place.get(a.column) ?? ranked.length) - (place.get(b.column) ?? ranked.length)
  const option = (column: string, desc: boolean, hint = ''): SortOption => {
    const title = columnTitle(column, names)
    return { column, by: sortKey(column), title, hint, desc, text: `${title} ${column}`.toLowerCase() }
  }
  const best: SortOption[] = []
  const metrics: SortOption[] = []
  for (const m of known?.metrics ?? []) {
    const id = (what: string) => `metric:${m.name}|${m.context}|${what}`
    if (m.goal) {
      const found = option(id(`best:${m.goal}`), m.goal === 'max', m.goal === 'max' ? 'highest first' : 'lowest first')
      const isShown = place.get(id('last'))
      // Those whose last values are shown are the ones that are looked at.
      best.push(found)
      if (isShown !== undefined) place.set(found.column, isShown)
    }
    metrics.push(option(id('last'), m.goal !== 'min'))
  }
  const fields = [NAME, ...ALL_FIELDS].flatMap((id) => {
    const field = fieldOfColumn(id)
    return field?.sortable ? [option(id, !TEXTS.has(field.type))] : []
  })
  const params = (known?.params ?? []).map((p) => option(p.path, false))
  return [
    { title: 'Best run by', options: best.sort(first) },
    { title: 'Run', options: fields },
    { title: 'Params', options: params.sort(first) },
    { title: 'Last values of metrics', options: metrics.sort(first) },
  ].filter((s) => s.options.length > 0)
}

const FROM_A_TO_Z = new Set(['name', 'experiment', 'status'])

/** Whether the first press of a column's title sorts it descending: not where lower is better, nor texts. */
export function isDescFirst(by: string, known: ColumnsResult | undefined): boolean {
  if (FROM_A_TO_Z.has(by)) return false
  return known?.metrics.find((m) => by.startsWith(`metric:${m.name}|${m.context}|`))?.goal !== 'min'
}

/** The sections with the options that hold every word of a search. */
export function foundIn(sections: readonly SortSection[], search: string): SortSection[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return [...sections]
  return sections
    .map((s) => ({ ...s, options: s.options.filter((o) => words.every((w) => o.text.includes(w))) }))
    .filter((s) => s.options.length > 0)
}
