import { splitKeys } from '../../../base/address'
import { itemLabel } from '../grouped/slotFields'
import type { MetricsView } from '../metricsAddress'

/** How the lines of a group were put together; empty: not at all. */
export function aggregateText({ aggregate }: Pick<MetricsView, 'aggregate'>): string {
  if (!aggregate) return ''
  return aggregate.band === 'none' ? aggregate.line : `${aggregate.line} and ${aggregate.band}`
}

/** What a line of the charts is. */
export function lineMeaning(view: Pick<MetricsView, 'aggregate' | 'colour'>): string {
  const by = splitKeys(view.colour).map(itemLabel).join(', ')
  if (view.aggregate) return by ? `${aggregateText(view)} of each ${by}` : `${aggregateText(view)} of all runs`
  return by === 'run' || !by ? 'one line a run' : `one line a run, coloured by ${by}`
}
