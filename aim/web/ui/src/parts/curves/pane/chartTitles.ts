// What a chart is called. Pure.

import { fieldLabel, fieldText } from '../grouping'
import type { FoundLine } from '../metricsModel'

interface ChartTitle {
  readonly name: string
  readonly context: string
}

/** Names that a title spells out; of more it says how many. */
const SPELLED = 2

/** The metrics of a chart, then what its lines have in common: `loss`, `gpu=0`. */
export function facetTitle(facets: readonly string[], lines: readonly FoundLine[]): ChartTitle {
  const { sequence, run } = lines[0]!
  const values = facets
    .filter((f) => f !== 'metric.name')
    .map((f) => `${fieldLabel(f)}=${fieldText(f, sequence, run)}`)
    .join(' ')
  if (facets.includes('metric.name')) return { name: sequence.name, context: values }
  const names = [...new Set(lines.map((l) => l.sequence.name))]
  const name = names.length <= SPELLED ? names.join(', ') : `${names.length} metrics`
  return { name: facets.length === 0 && names.length > 1 ? 'all metrics' : name, context: values }
}
