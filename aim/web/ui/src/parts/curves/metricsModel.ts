// From sequences found to charts, groups and colours. Pure.

import type { MetricRun, MetricSequence } from '../../base/api/types'
import type { ChartGroup } from '../../charts/layout/model'
import { compareTexts } from '../../base/order'
import { contextText } from '../fields/columns'
import type { RunSlots } from '../../base/runColours'
import { colourGroups, type BareGroup, type ColourScale, type Places } from './groupColours'
import { chartKeyOf, fieldKey, fieldLabel, fieldText, titledText } from './grouping'

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
  /** Of the colours, where they are of numbers. */
  readonly scale: ColourScale | null
}

export function buildModel(
  sequences: readonly MetricSequence[],
  runs: Readonly<Record<string, MetricRun>>,
  colour: string,
  dash: string,
  facets: readonly string[] | null,
  places: Places,
  chosen: RunSlots = {},
  ownSlots: RunSlots = {},
): Model {
  const groups: BareGroup[] = []
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
      const label =
        [colour ? fieldText(colour, s, run) : '', dash ? fieldText(dash, s, run) : ''].filter(Boolean).join(' · ') ||
        'all'
      const title =
        [colour ? titledText(colour, s, run) : '', dash ? titledText(dash, s, run) : ''].filter(Boolean).join(' · ') ||
        'all'
      group = groups.length
      groups.push({ key: key || 'all', label, title })
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
  return {
    charts: [...charts.values()].sort((a, b) => compareAll(a.order, b.order)),
    ...colourGroups(groups, { colour, dash, places, chosen, runs, ownSlots }),
    groupOf,
  }
}

function compareAll(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const d = compareTexts(a[i]!, b[i]!)
    if (d !== 0) return d
  }
  return a.length - b.length
}
