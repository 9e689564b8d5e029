import type { MetricRun, MetricSequence } from '../../base/api/types'
import { contextKeys, paramFields } from './metricsModel'

export interface FieldOption {
  readonly value: string
  readonly label: string
  readonly hint?: string
}

/** What lines can be coloured, dashed and told apart by. */
export function fieldOptions(
  sequences: readonly MetricSequence[],
  runs: Readonly<Record<string, MetricRun>>,
  single: boolean,
): FieldOption[] {
  const params = single ? [] : paramFields(runs)
  return [
    ...(single
      ? []
      : [
          { value: 'run', label: 'run' },
          { value: 'experiment', label: 'experiment' },
        ]),
    { value: 'metric.name', label: 'metric.name' },
    ...contextKeys(sequences).map((k) => ({ value: k, label: k, hint: 'context' })),
    ...(single
      ? []
      : [
          { value: 'tags', label: 'tags' },
          { value: 'status', label: 'status' },
        ]),
    ...params.map((p) => ({
      value: `params.${p.path}`,
      label: `params.${p.path}`,
      hint: p.distinct > 1 ? `${p.distinct >= 50 ? '50+' : p.distinct} values` : 'same for all',
    })),
  ]
}
