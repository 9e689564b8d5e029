import type { MetricRun, MetricSequence } from '../../base/api/types'
import { shortNames } from '../../base/paramPath'
import { GROUP_FIELDS } from '../fields/runFields'
import { contextKeys, paramFields } from './grouping'

export interface FieldOption {
  readonly value: string
  readonly label: string
  readonly hint?: string
}

/** What lines can be coloured, dashed and distinguished by. */
export function fieldOptions(
  sequences: readonly MetricSequence[],
  runs: Readonly<Record<string, MetricRun>>,
  single: boolean,
): FieldOption[] {
  const context = contextKeys(sequences).map((k) => ({ value: k, label: k, hint: 'context' }))
  const metric = { value: 'metric.name', label: 'metric.name' }
  if (single) return [metric, ...context]
  const [run] = Object.values(runs)
  const own = GROUP_FIELDS.filter((f) => run && f.name in run).map((f) => ({ value: f.name, label: f.name }))
  const found = paramFields(runs)
  const names = shortNames(found.map((p) => p.path))
  const params = found.map((p) => ({
    value: `params.${names.get(p.path) ?? p.path}`,
    label: names.get(p.path) ?? p.path,
    hint: p.distinct > 1 ? `${p.distinct >= 50 ? '50+' : p.distinct} values` : 'same for all',
  }))
  return [{ value: 'run', label: 'run' }, ...own, metric, ...context, ...params]
}
