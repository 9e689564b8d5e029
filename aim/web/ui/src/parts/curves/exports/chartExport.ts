// What a chart is exported with: its texts, the request for its points, the name of its file.

import type { PointsExport } from '../../../base/api/client'
import type { MetricRun } from '../../../base/api/types'
import { formatCount, formatNumber } from '../../../base/format'
import { numberSlot } from '../../../base/palette'
import { SMOOTHING_LABELS } from '../../../charts/data/smooth'
import type { ChartPicture } from '../../../charts/draw/exports'
import type { ColourBar, FigureText } from '../../../charts/draw/figure'
import { axisLabel, xText } from '../../../charts/layout/axis'
import type { ChartNotes } from '../../../charts/layout/model'
import { fieldsOf, slotFields } from '../grouped/slotFields'
import { valueAtShare, type ColourScale } from '../groupColours'
import { fieldLabel, fieldText } from '../grouping'
import type { MetricsView } from '../metricsAddress'
import type { FoundChart } from '../metricsModel'

export interface ChartExport {
  readonly chart: FoundChart
  readonly title: string
  readonly view: MetricsView
  readonly notes: ChartNotes
  /** Of colours that are numbers. */
  readonly scale: ColourScale | null
  /** The x range that was zoomed to; null: all. */
  readonly range: readonly [number, number] | null
  /** Null while nothing is drawn. */
  readonly picture: () => ChartPicture | null
}

export function fileName({ chart }: ChartExport): string {
  return `${chart.name} ${chart.context}`.trim().replace(/[^\w=.-]+/g, '_') || 'chart'
}

/** A context as the text of a legend has it is a column of its own in the file. */
const KNOWN = new Set(['', 'run', 'metric.name', 'context', 'run.name', 'run.hash'])

/** Fields that tell the lines of a view apart and are no column yet: params, tags, fields of runs. */
export function exportFields(
  view: MetricsView,
  contexts: ReadonlySet<string>,
  runs: Readonly<Record<string, MetricRun>>,
): string[] {
  const all = [view.colour, view.dash].flatMap((slot) => slotFields(slot, runs).fields)
  all.push(...fieldsOf(view.facets ?? [], runs).fields)
  return [...new Set(all)].filter((f) => !KNOWN.has(f) && !contexts.has(f.replace(/^context\./, '')))
}

/** The lines that are shown, as a request for every point of them in the range. */
export function pointsExport(of: ChartExport): PointsExport | null {
  const spec = of.picture()?.spec
  if (!spec) return null
  const shown = new Set(
    spec.lines
      .filter((l) => !spec.hiddenLines.has(l.key) && !spec.hiddenGroups.has(spec.groups[l.group]?.key ?? ''))
      .map((l) => l.key),
  )
  const lines = of.chart.lines.filter((l) => shown.has(l.sequence.id))
  const runs = Object.fromEntries(of.chart.lines.map((l) => [l.sequence.run, l.run]))
  const fields = exportFields(of.view, new Set(lines.flatMap((l) => Object.keys(l.sequence.context))), runs)
  return {
    sequences: lines.map((l) => l.sequence.id),
    titles: fields.map(fieldLabel),
    labels: fields.length > 0 ? lines.map((l) => fields.map((f) => fieldText(f, l.sequence, l.run))) : [],
    x: of.view.x,
    attempts: of.view.attempts,
    range: of.range,
    smoothing: of.view.smoothing,
    distance: spec.distance,
    name: fileName(of),
  }
}

/** What stands around the plot. */
export function figureText(of: ChartExport, now: Date): FigureText {
  const { chart, view, notes, range } = of
  const isLog = view.yLog.includes(chart.metric)
  const parts = [
    view.smoothing ? `${view.smoothing.amount} ${SMOOTHING_LABELS[view.smoothing.kind]}` : '',
    notes.smoothing,
    notes.gaps,
    notes.aggregate,
    range ? `${xText(view.x, range[0])} to ${xText(view.x, range[1])}` : '',
    notes.resolution === 'exact' ? '' : notes.resolution,
    notes.clipped > 0
      ? `${formatCount(notes.clipped)} ${notes.clipped === 1 ? 'point' : 'points'} outside the y range`
      : '',
    notes.notPositive,
    notes.nonfinite > 0 ? `${formatCount(notes.nonfinite)} not finite` : '',
    notes.unplaced,
  ]
  const query = [view.q || 'the newest runs', view.show ? `charts: ${view.show}` : ''].filter(Boolean).join(', ')
  return {
    xTitle: `${axisLabel(view.x)}${view.xLog ? ', log' : ''}`,
    yTitle: `${chart.metric}${isLog ? ', log' : ''}`,
    notes: parts.filter(Boolean),
    source: `${query} · ${now.toISOString().slice(0, 10)}`,
    bar: of.scale && barOf(of.scale, fieldLabel(view.colour.replace(/^run\./, ''))),
  }
}

const BAR_STOPS = 12

function barOf(scale: ColourScale, title: string): ColourBar {
  const shares = Array.from({ length: BAR_STOPS }, (_, i) => i / (BAR_STOPS - 1))
  return {
    title: scale.isLog ? `${title}, log` : title,
    slots: shares.map(numberSlot),
    ticks: [0, 0.5, 1].map((at) => [at, formatNumber(valueAtShare(scale, at), 3)]),
  }
}
