// What a view of metrics names and the runs that were found do not have: left out, and listed. Pure.

import { joinKeys, splitKeys } from '../../base/address'
import type { MetricRun, MetricSequence } from '../../base/api/types'
import { isEverythingBut } from './grouped/slotFields'
import { METRICS_DEFAULT, type MetricsView } from './metricsAddress'
import { digAnywhere, runField } from './grouping'

const ALWAYS = new Set(['', 'run', 'metric.name', 'context'])

export interface Present {
  readonly view: MetricsView
  readonly missing: readonly string[]
}

/** The view without what is not there. */
export function present(
  view: MetricsView,
  sequences: readonly MetricSequence[],
  runs: Readonly<Record<string, MetricRun>>,
): Present {
  const names = new Set(sequences.map((s) => s.name))
  const keys = new Set(sequences.flatMap((s) => Object.keys(s.context)))
  const missing: string[] = []
  const all = Object.values(runs)
  const hasField = (field: string) => {
    if (ALWAYS.has(field) || isEverythingBut(field) || keys.has(field.replace(/^context\./, ''))) return true
    if (field.startsWith('params.')) return all.some((r) => digAnywhere(r.params, field.slice(7)) !== undefined)
    return all.some((r) => runField(field, r) !== undefined)
  }
  const keep = (field: string, what: string) => {
    const has = hasField(field)
    if (!has) missing.push(`${what} by ${field}`)
    return has
  }
  /** The items of a slot that are there; what there would be without any of them, where none is. */
  const slot = (text: string, usual: string, what: string) => {
    const items = splitKeys(text)
    const kept = items.filter((item) => keep(item, what))
    return kept.length === items.length ? text : kept.length > 0 ? joinKeys(kept) : usual
  }
  const colour = slot(view.colour, METRICS_DEFAULT.colour, 'colour')
  const dash = slot(view.dash, METRICS_DEFAULT.dash, 'dash')
  const facets = view.facets?.filter((f) => keep(f, 'charts')) ?? null
  const yLog = view.yLog.filter((n) => names.has(n))
  for (const n of view.yLog) if (!names.has(n)) missing.push(`log axis of ${n}`)
  const focus = view.focus !== null && Object.hasOwn(runs, view.focus) ? view.focus : null
  if (view.focus !== null && focus === null) missing.push(`pinned run ${view.focus}`)
  if (missing.length === 0) return { view, missing }
  return {
    view: {
      ...view,
      colour,
      dash,
      facets: facets?.length === 0 && view.facets?.length !== 0 ? null : facets,
      yLog,
      focus,
    },
    missing,
  }
}

/** Zooms of charts that are not there, and such a chart that would have the whole pane. */
export function missingZooms(view: MetricsView, charts: ReadonlySet<string>): string[] {
  const zooms = [...new Set([...Object.keys(view.xRanges), ...Object.keys(view.yRanges)])]
    .filter((c) => !charts.has(c))
    .map((c) => `zoom of ${c}`)
  return view.expanded !== null && !charts.has(view.expanded) ? [...zooms, `chart ${view.expanded}`] : zooms
}
