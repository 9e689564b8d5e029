// From sequences found to charts, groups and colours. Pure.

import type { MetricRun, MetricSequence } from '../../base/api/types'
import type { ChartGroup } from '../../charts/layout/model'
import { compareTexts } from '../../base/order'
import { contextText } from '../fields/columns'
import type { RunSlots } from '../../base/runColours'
import { colourGroups, type BareGroup, type ColourScale, type Places } from './groupColours'
import { commonNote } from './expressions/expressionText'
import { fieldsOf, SlotReader } from './grouped/slotFields'
import { chartKeyOf, fieldText } from './grouping'
import { facetTitle } from './pane/chartTitles'

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
  /** Of an expression: which steps it has values at. */
  readonly note?: string
}

export interface Model {
  readonly charts: readonly FoundChart[]
  readonly groups: readonly ChartGroup[]
  readonly groupOf: ReadonlyMap<string, number>
  /** The fields that the charts are by; null: one chart for each name and context. */
  readonly chartFields: readonly string[] | null
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
  const colours = new SlotReader(colour, runs)
  const dashes = new SlotReader(dash, runs)
  const by = facets && fieldsOf(facets, runs).fields
  for (const s of sequences) {
    const run = runs[s.run]
    if (!run) continue
    const colourKey = colours.key(s, run)
    const dashKey = dashes.key(s, run)
    const key = !dashes.isEmpty ? `${colourKey}\u0000${dashKey}` : colourKey
    let group = groupIndex.get(key)
    if (group === undefined) {
      const label = [colours.label(s, run), dashes.label(s, run)].filter(Boolean).join(' · ') || 'all'
      const title = [colours.title(s, run), dashes.title(s, run)].filter(Boolean).join(' · ') || 'all'
      group = groups.length
      groups.push({ key: key || 'all', label, title })
      groupIndex.set(key, group)
    }
    groupOf.set(s.id, group)
    const chartKey = by === null ? chartKeyOf(s) : by.map((f) => fieldText(f, s, run)).join(' · ') || 'all'
    let chart = charts.get(chartKey)
    if (!chart) {
      charts.set(
        chartKey,
        (chart = {
          key: chartKey,
          name: s.name,
          context: contextText(s.context),
          metric: s.name,
          // what was just computed comes first
          order:
            by === null
              ? [...(s.common ? [''] : []), s.name, contextText(s.context)]
              : by.map((f) => fieldText(f, s, run)),
          lines: [],
        }),
      )
    }
    chart.lines.push({ sequence: s, run, group })
  }
  return {
    charts: [...charts.values()]
      .sort((a, b) => compareAll(a.order, b.order))
      .map((c) => (by === null ? c : { ...c, ...facetTitle(by, c.lines) }))
      .map(withNote),
    ...colourGroups(groups, {
      colour: colours.fields.join(),
      dash: dashes.fields.join(),
      places,
      chosen,
      runs,
      ownSlots,
    }),
    groupOf,
    chartFields: by,
  }
}

function compareAll(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const d = compareTexts(a[i]!, b[i]!)
    if (d !== 0) return d
  }
  return a.length - b.length
}

function withNote<T extends { readonly lines: readonly FoundLine[] }>(chart: T): T & { note?: string } {
  const note = commonNote(chart.lines.map((l) => l.sequence))
  return note ? { ...chart, note } : chart
}
