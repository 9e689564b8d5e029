// The query string of a run's page: the tab, what its params are compared with, and the view of its charts.

import { leftOut, join, type Checked } from '../../base/address'
import { formatMetrics, parseMetrics } from '../../parts/curves/metricsAddress'

export const RUN_TABS = ['overview', 'params', 'metrics', 'notes'] as const
/** Of the params: what is sought, the run they are compared with, and whether they are JSON. */
const RUN_KEYS = ['find', 'vs', 'as']

export function checkRun(search: string): Checked {
  const keys = [...new URLSearchParams(search)]
  const tab = keys.findLast(([k, v]) => k === 'tab' && RUN_TABS.includes(v as (typeof RUN_TABS)[number]))
  const own = keys.filter(([k]) => RUN_KEYS.includes(k))
  const { view, unknown } = parseMetrics(join(keys.filter(([k]) => k !== 'tab' && !RUN_KEYS.includes(k))))
  const tabs = keys.filter(([k, v]) => k === 'tab' && v !== tab?.[1]).map(([k, v]) => leftOut(k, v))
  return {
    unknown: [...tabs, ...unknown],
    clean: formatMetrics(view, [...(tab ? [['tab', tab[1]] as const] : []), ...own]),
  }
}
