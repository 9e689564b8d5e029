// From sequences found to charts, groups and colours. Pure.

import type { MetricRun, MetricSequence, Params } from '../../base/api/types'
import { NEUTRAL, slotOf } from '../../base/palette'
import type { ChartGroup } from '../../charts/layout/model'
import { exactText } from '../../base/format'
import { compareTexts } from '../../base/order'
import { arrange } from './chartOrder'
import { contextText } from '../fields/columns'
import { fieldNamed, fullText, valueOfField, type RunField } from '../fields/runFields'
import { below, readPath } from '../../base/paramPath'

export interface FoundLine {
  readonly sequence: MetricSequence
  readonly run: MetricRun
  readonly group: number
}

export interface FoundChart {
  readonly key: string
  readonly name: string
  readonly context: string
  readonly lines: readonly FoundLine[]
  /** The metric whose y axis this is. */
  readonly metric: string
}

export interface Model {
  readonly charts: readonly FoundChart[]
  readonly groups: readonly ChartGroup[]
  readonly groupOf: ReadonlyMap<string, number>
}

export function dig(params: Params, path: string): unknown {
  if (path in params) return params[path]
  let at: unknown = params
  for (const part of readPath(path)) {
    if (at === null || typeof at !== 'object') return undefined
    at = (at as Record<string, unknown>)[part]
  }
  return at
}

/** As AimQL has it: `params.lr` is `lr` of any named set, and the set may be named, too. */
export function digAnywhere(params: Params, path: string): unknown {
  for (const at of [params, ...Object.values(params)]) {
    const v = at !== null && typeof at === 'object' && !Array.isArray(at) ? dig(at as Params, path) : undefined
    if (v !== undefined) return v
  }
  return undefined
}

/** A field of the run that the answer has, by its name or as `run.name`. */
export function runField(name: string, run: MetricRun): RunField | undefined {
  const field = fieldNamed(name)
  return field && field.name in run ? field : undefined
}

/** The value of a field for one sequence: `run`, `experiment`, `metric.name`, `tags`, `params.opt`, or a context key. */
export function fieldText(field: string, s: MetricSequence, run: MetricRun): string {
  if (field === 'run') return run.name || s.run.slice(0, 8)
  if (field === 'metric.name') return s.name
  const own = runField(field, run)
  if (own?.groupable) return fullText(valueOfField(run, own), own)
  if (field === 'context') return contextText(s.context) || 'no context'
  if (field.startsWith('params.')) {
    const v = digAnywhere(run.params, field.slice(7))
    return v === undefined ? 'none' : exactText(v)
  }
  const key = field.replace(/^context\./, '')
  if (key in s.context) return exactText(s.context[key])
  return own ? fullText(valueOfField(run, own), own) : 'none'
}

function fieldKey(field: string, s: MetricSequence, run: MetricRun): string {
  return field === 'run' ? s.run : fieldText(field, s, run)
}

export function fieldLabel(field: string): string {
  return field.replace(/^(context|params)\./, '').replace(/^hparams\./, '')
}

/** Fields whose values say themselves what they are. */
const PLAIN = new Set(['run', 'metric.name', 'context', 'tags'])

/** A value with the name of its field, as a heading: `opt lion`. */
function titledText(field: string, s: MetricSequence, run: MetricRun): string {
  const text = fieldText(field, s, run)
  return PLAIN.has(field) ? text : `${fieldLabel(field).replace(/^run\./, '')} ${text}`
}

export function chartKeyOf(s: MetricSequence): string {
  const c = contextText(s.context)
  return c ? `${s.name} ${c}` : s.name
}

/**
 * @param slots Colour value to its place in the order of first appearance, kept while the view lives.
 */
export function buildModel(
  sequences: readonly MetricSequence[],
  runs: Readonly<Record<string, MetricRun>>,
  colour: string,
  dash: string,
  facets: readonly string[] | null,
  slots: Map<string, number>,
  dashes: Map<string, number>,
  chosen: Readonly<Record<string, number>> = {},
): Model {
  const groups: ChartGroup[] = []
  const groupIndex = new Map<string, number>()
  const groupOf = new Map<string, number>()
  const charts = new Map<
    string,
    { key: string; name: string; context: string; metric: string; order: string[]; lines: FoundLine[] }
  >()
  for (const s of sequences) {
    const run = runs[s.run]
    if (!run) continue
    const colourKey = colour ? fieldKey(colour, s, run) : ''
    const dashKey = dash ? fieldKey(dash, s, run) : ''
    const key = dash ? `${colourKey}\u0000${dashKey}` : colourKey
    let group = groupIndex.get(key)
    if (group === undefined) {
      let n = slots.get(colourKey)
      if (n === undefined) slots.set(colourKey, (n = slots.size))
      const { slot, dash: own } = slotOf(n)
      let d = own
      if (dash) {
        const known = dashes.get(dashKey)
        if (known === undefined) dashes.set(dashKey, (d = dashes.size % 5))
        else d = known % 5
      }
      const label =
        [colour ? fieldText(colour, s, run) : '', dash ? fieldText(dash, s, run) : ''].filter(Boolean).join(' · ') ||
        'all'
      const title =
        [colour ? titledText(colour, s, run) : '', dash ? titledText(dash, s, run) : ''].filter(Boolean).join(' · ') ||
        'all'
      group = groups.length
      groups.push({ key: key || 'all', label, title, slot: chosen[colourKey] ?? (colour ? slot : 0), dash: d })
      groupIndex.set(key, group)
    }
    groupOf.set(s.id, group)
    const chartKey = facets === null ? chartKeyOf(s) : facets.map((f) => fieldText(f, s, run)).join(' · ') || 'all'
    let chart = charts.get(chartKey)
    if (!chart) {
      const name =
        facets === null
          ? s.name
          : facets.includes('metric.name')
            ? s.name
            : facets.length === 0
              ? 'all metrics'
              : `${fieldLabel(facets[0]!)}=${fieldText(facets[0]!, s, run)}`
      const rest =
        facets === null
          ? contextText(s.context)
          : facets
              .filter((f, i) => f !== 'metric.name' && (facets.includes('metric.name') || i > 0))
              .map((f) => `${fieldLabel(f)}=${fieldText(f, s, run)}`)
              .join(' ')
      charts.set(
        chartKey,
        (chart = {
          key: chartKey,
          name,
          context: rest,
          metric: s.name,
          order: facets === null ? [s.name, rest] : facets.map((f) => fieldText(f, s, run)),
          lines: [],
        }),
      )
    }
    chart.lines.push({ sequence: s, run, group })
  }
  // Past 40 groups colour says nothing any more: neutral, with colour for hovered and selected alone.
  const all =
    groups.length > 40 ? groups.map((g) => ({ ...g, slot: chosen[colourOf(g.key)] ?? NEUTRAL, dash: 0 })) : groups
  return { charts: [...charts.values()].sort((a, b) => compareAll(a.order, b.order)), groups: all, groupOf }
}

/** The value that gives a group its colour. */
export function colourOf(groupKey: string): string {
  const cut = groupKey.indexOf('\u0000')
  return cut < 0 ? groupKey : groupKey.slice(0, cut)
}

/** A pattern as people type it: a regular expression where it is one, else plain text. */
export function matcher(pattern: string): (text: string) => boolean {
  if (!pattern) return () => true
  try {
    const re = new RegExp(pattern, 'i')
    return (t) => re.test(t)
  } catch {
    const low = pattern.toLowerCase()
    return (t) => t.toLowerCase().includes(low)
  }
}

/** The charts to show: those that match, pinned ones first, then in the order that people gave them. */
export function pickCharts(model: Model, pattern: string, pins: ReadonlySet<string>, order: readonly string[]): Model {
  if (!pattern && pins.size === 0 && order.length === 0) return model
  const match = matcher(pattern)
  const charts = model.charts.filter((c) => match(c.key))
  return { ...model, charts: arrange(charts, pins, order) }
}

function compareAll(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const d = compareTexts(a[i]!, b[i]!)
    if (d !== 0) return d
  }
  return a.length - b.length
}

/** Params that differ between the runs, which are worth grouping by; the rest after them. */
export function paramFields(runs: Readonly<Record<string, MetricRun>>): { path: string; distinct: number }[] {
  const values = new Map<string, Set<string>>()
  const walk = (o: Params, prefix: string, depth: number) => {
    for (const [k, v] of Object.entries(o)) {
      const path = below(prefix, k)
      if (v !== null && typeof v === 'object' && !Array.isArray(v) && depth < 6) walk(v as Params, path, depth + 1)
      else {
        let set = values.get(path)
        if (!set) values.set(path, (set = new Set()))
        if (set.size < 50) set.add(exactText(v))
      }
    }
  }
  for (const run of Object.values(runs).slice(0, 500)) walk(run.params, '', 0)
  return [...values]
    .map(([path, v]) => ({ path, distinct: v.size }))
    .sort((a, b) => Number(b.distinct > 1) - Number(a.distinct > 1) || compareTexts(a.path, b.path))
}

export function contextKeys(sequences: readonly MetricSequence[]): string[] {
  const keys = new Set<string>()
  for (const s of sequences) for (const k of Object.keys(s.context)) keys.add(k)
  return [...keys].sort(compareTexts)
}
