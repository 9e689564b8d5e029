import { aggregateName } from '../../../charts/layout/texts'
import { splitKeys } from '../../../base/address'
import { itemLabel } from '../grouped/slotFields'
import type { MetricsView } from '../metricsAddress'

/** What a line of the charts is. */
export function lineMeaning(view: Pick<MetricsView, 'aggregate' | 'colour'>): string {
  const by = splitKeys(view.colour).map(itemLabel).join(', ')
  if (view.aggregate) {
    const how = aggregateName(view.aggregate.line, view.aggregate.band)
    return `${how} of ${by ? `each ${by}` : 'all runs'}`
  }
  return by === 'run' || !by ? 'one line a run' : `one line a run, coloured by ${by}`
}
