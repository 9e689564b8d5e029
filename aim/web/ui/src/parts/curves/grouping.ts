// The values that lines are grouped by, and how groups are called. Pure.

import { WholeFloat } from '../../base/api/json'
import type { MetricRun, MetricSequence, Params } from '../../base/api/types'
import { exactText } from '../../base/format'
import { compareTexts } from '../../base/order'
import { below, readPath } from '../../base/paramPath'
import { contextText } from '../fields/columns'
import { fieldNamed, fullText, valueOfField, type RunField } from '../fields/runFields'

/** Between the values of several fields in the key of a group. */
export const BETWEEN = '\u0001'

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

export function fieldKey(field: string, s: MetricSequence, run: MetricRun): string {
  return field === 'run' ? s.run : fieldText(field, s, run)
}

export function fieldLabel(field: string): string {
  return field.replace(/^(context|params)\./, '').replace(/^hparams\./, '')
}

/** Fields whose values say themselves what they are. */
const PLAIN = new Set(['run', 'metric.name', 'context', 'tags'])

/** A value with the name of its field, as a heading: `opt lion`. */
export function titledText(field: string, s: MetricSequence, run: MetricRun): string {
  const text = fieldText(field, s, run)
  return PLAIN.has(field) ? text : `${fieldLabel(field).replace(/^run\./, '')} ${text}`
}

export function chartKeyOf(s: MetricSequence): string {
  const c = contextText(s.context)
  return c ? `${s.name} ${c}` : s.name
}

/** Params that differ between the runs, which are worth grouping by; the rest after them. */
export function paramFields(runs: Readonly<Record<string, MetricRun>>): { path: string; distinct: number }[] {
  const values = new Map<string, Set<string>>()
  const walk = (o: Params, prefix: string, depth: number) => {
    for (const [k, v] of Object.entries(o)) {
      const path = below(prefix, k)
      if (v !== null && typeof v === 'object' && !Array.isArray(v) && !(v instanceof WholeFloat) && depth < 6)
        walk(v as Params, path, depth + 1)
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
