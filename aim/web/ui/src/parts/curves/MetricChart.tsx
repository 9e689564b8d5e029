import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState, type DragEvent } from 'react'
import { toast, useSettings } from '../../base/stores'
import css from '../../charts/Chart.module.css'
import { shortNames } from '../../charts/layout/shortNames'
import type { SeriesCache } from '../../charts/data/seriesCache'
import type { XAxis } from '../../charts/layout/axis'
import type { ChartEvents, ChartGroup, ChartNotes } from '../../charts/layout/model'
import { Button, cx } from '../../widgets/basics'
import type { ChartActions, ShownLines } from './chartActions'
import { useCached, useChartFrames, useChartLines, useChartSpec } from './chartData'
import { ChartLegend } from './legend/ChartLegend'
import type { LegendItem } from './legend/LegendButton'
import { LegendStrip, STRIP_FROM, STRIP_WIDTH } from './legend/LegendStrip'
import type { ColourScale } from './groupColours'
import { fieldLabel } from './grouping'
import { ChartMenu } from './ChartMenu'
import { ChartOver } from './ChartOver'
import type { ChartTable } from './ChartTable'
import type { ChartExport } from './exports/chartExport'
import type { ExportDialog } from './exports/ExportDialog'
import { CHART_TYPE, ChartTitle } from './ChartTitle'
import { GroupsNote } from './chips/GroupsNote'
import type { MetricsView } from './metricsAddress'
import type { FoundChart } from './metricsModel'
import type { ChartDomain } from './pane/chartDomains'
import { useChartDomain, useSeenSpans } from './pane/useChartDomain'
import { useSmoothingDistance } from './smoothingSpans'
import type RangeDialog from './pane/RangeDialog'
import type { SharedScales } from './pane/useSharedScales'
import { useChartView } from './useChartView'

export interface ChartProps {
  readonly chart: FoundChart
  readonly groups: readonly ChartGroup[]
  /** Of the colours, where they are of numbers. */
  readonly scale: ColourScale | null
  readonly view: MetricsView
  readonly cache: SeriesCache
  readonly shown: ShownLines
  /** In a grid: the scales that it shares. */
  readonly scales?: SharedScales | undefined
  readonly wide: boolean
  readonly pinned: boolean
  /** Charts are in an order that people gave them. */
  readonly ordered: boolean
  readonly actions: ChartActions
}

/** Not a part of the first load: few charts are read as a table. */
const loadTable = () => import('./ChartTable').then((m) => m.ChartTable)
const loadRange = () => import('./pane/RangeDialog').then((m) => m.default)
const loadDialog = () => import('./exports/lazy').then((m) => m.ExportDialog)
const cannotLoad = () => toast('The server does not answer', { kind: 'error' })

const NO_NOTES: ChartNotes = {
  resolution: '',
  gaps: '',
  smoothing: '',
  notPositive: '',
  clipped: 0,
  bands: 0,
  named: false,
  aggregate: '',
  nonfinite: 0,
  unplaced: '',
  nothing: '',
  summary: '',
}
/** Of the width of a chart, what its legend may take; less room for the chip of clipped values, CSS px. */
const LEGEND_SHARE = 0.58
const CLIPPED_CHIP = 90

export const MetricChart = memo(function MetricChart(p: ChartProps) {
  const { chart, view, actions } = p
  const [notes, setNotes] = useState(NO_NOTES)
  const [drawAll, setDrawAll] = useState(false)
  const [Table, setTable] = useState<typeof ChartTable | null>(null)
  const [Range, setRange] = useState<typeof RangeDialog | null>(null)
  const [Export, setDialog] = useState<typeof ExportDialog | null>(null)
  const drop = useDrop(chart.key, actions)
  const mounted = useChartView(chart.key, eventsOf(chart, actions, setNotes))

  const zoomed = view.syncZoom ? view.range : (view.xRanges[chart.key] ?? null)
  const extent = useChartDomain(chart, view)
  const { scales } = p
  const domain = scales ? scales.x : extent.domain
  const range = zoomed ?? (view.xToEnd ? null : (domain?.most ?? null))
  const yFixed = view.yRanges[chart.key] ?? null
  const yLog = view.yLog.includes(chart.metric)
  const frames = useChartFrames(chart, view, range, mounted)
  useSmoothingDistance(chart.key, frames.distance)
  const lines = useChartLines(chart, frames, p.shown, view.aggregate !== null && !view.withBroken)
  useCached(frames, p.cache)
  useSeenSpans(frames, range !== null, view, extent)
  useTellScales(chart.key, scales, extent, notes)
  const xDomain = range ?? domain?.all ?? null
  const yShared = scales?.y
  const spec = useChartSpec({ ...p, lines, xDomain, yFixed, yShared, yLog, frames, drawAll })
  // The old picture stays until there are points on the axis that was chosen.
  const isOld = frames.axis !== '' && frames.axis !== view.x

  const themeVersion = useSettings((s) => s.themeVersion)
  useEffect(() => {
    if (mounted.isVisible && !isOld) mounted.chart.current?.update(spec)
  }, [mounted.chart, spec, mounted.isVisible, isOld, themeVersion])

  const legend = useLegend(chart, p.groups)
  const hasStrip = useStrip(mounted.width, legend, notes.named && p.shown.hiddenGroups.size === 0)
  const field = fieldLabel(view.colour)
  const title = chart.context ? `${chart.name} · ${chart.context}` : chart.name
  const exported = useMemo<ChartExport>(
    () => ({ chart, title, view, notes, scale: p.scale, range, picture: () => mounted.chart.current?.picture ?? null }),
    [chart, title, view, notes, p.scale, range, mounted.chart],
  )
  const nothing =
    notes.nothing && lines.length === 0 && frames.series.size > 0 ? 'no run of this chart is selected' : notes.nothing
  return (
    <section
      ref={mounted.card}
      className={cx(css.chart, drop.isTarget && css.target)}
      data-expanded={p.wide ? '' : undefined}
      aria-label={title}
      {...drop.handlers}
    >
      <ChartTitle
        chart={chart}
        view={view}
        notes={notes}
        isLog={yLog}
        isFixed={yFixed !== null}
        domain={zoomed === null && domain && goesBeyond(extent.domain, domain) ? domain : null}
        isInGrid={scales !== undefined && !p.wide}
        actions={actions}
        clipped={() => mounted.chart.current?.clipped() ?? []}
        onDrawAll={() => setDrawAll(true)}
      >
        <ChartLegend
          items={hasStrip ? [] : legend}
          scale={p.scale}
          field={field}
          hidden={p.shown.hiddenGroups}
          onGroup={actions.toggleGroup}
          room={mounted.width * LEGEND_SHARE - (notes.clipped > 0 ? CLIPPED_CHIP : 0)}
          noun={view.colour === 'run' && !view.dash ? 'run' : 'group'}
          showChips={!notes.named && (view.colour !== 'run' || legend.length <= 3)}
        />
        {p.wide && (
          <Button small onClick={() => actions.toggleWide(chart.key)}>
            Show all charts
          </Button>
        )}
        <ChartMenu
          chart={chart}
          of={exported}
          actions={actions}
          isLog={yLog}
          isWide={p.wide}
          isZoomed={zoomed !== null || yFixed !== null}
          isPinned={p.pinned}
          isOrdered={p.ordered}
          onRange={() => loadRange().then((dialog) => setRange(() => dialog), cannotLoad)}
          onTable={() => loadTable().then((table) => setTable(() => table), cannotLoad)}
          onExport={() => loadDialog().then((dialog) => setDialog(() => dialog), cannotLoad)}
        />
      </ChartTitle>
      <GroupsNote chart={chart} view={view} notes={notes} actions={actions} />
      <div className={css.body} style={hasStrip ? { paddingRight: STRIP_WIDTH } : undefined}>
        <div
          ref={mounted.host}
          className={cx(css.plot, isOld && css.old)}
          role="img"
          tabIndex={0}
          aria-label={`${title}, ${notes.summary || 'loading'}`}
          data-chart={chart.key}
        >
          <ChartOver frames={frames} notes={notes} nothing={nothing} oldAxis={isOld ? (frames.axis as XAxis) : null} />
        </div>
        {hasStrip && (
          <LegendStrip
            items={legend}
            hidden={p.shown.hiddenGroups}
            onGroup={actions.toggleGroup}
            scale={p.scale}
            field={field}
            scene={mounted.scene}
            version={notes}
          />
        )}
      </div>
      {Export && <Export of={exported} onClose={() => setDialog(null)} />}
      {Table && <Table title={title} lines={lines} onClose={() => setTable(null)} />}
      {Range && (
        <Range
          title={title}
          axis={view.x}
          x={zoomed}
          y={yFixed}
          shown={xDomain}
          onSet={(x, y) => actions.setRange(chart.key, x, y)}
          onClose={() => setRange(null)}
        />
      )}
    </section>
  )
})

function eventsOf(chart: FoundChart, actions: ChartActions, onNotes: (notes: ChartNotes) => void): ChartEvents {
  return {
    onZoom: (x, y) => actions.zoom(chart.key, x, y),
    onZoomBack: actions.zoomBack,
    onZoomReset: () => actions.zoomReset(chart.key),
    onPin: actions.pinRun,
    onSelect: actions.selectRun,
    onLog: () => actions.toggleLog(chart.metric),
    onExpand: () => actions.toggleWide(chart.key),
    onNotes,
  }
}

/** Tells the other charts of a grid what this one spans. */
function useTellScales(
  key: string,
  scales: SharedScales | undefined,
  { axis, spans }: Pick<ReturnType<typeof useChartDomain>, 'axis' | 'spans'>,
  { ownY }: ChartNotes,
): void {
  const { onSpans, onY } = scales ?? {}
  useEffect(() => onSpans?.(key, axis, spans), [onSpans, key, axis, spans])
  useEffect(() => {
    if (ownY) onY?.(key, ownY)
  }, [onY, key, ownY])
}

/** Whether a line of this chart is one of those that are cut off. */
function goesBeyond(own: ChartDomain | undefined, shown: ChartDomain): boolean {
  return own !== undefined && shown.most !== null && own.all[1] > shown.most[1]
}

/** The groups of a chart, with how many of its lines each has. */
function useLegend(chart: FoundChart, groups: readonly ChartGroup[]): LegendItem[] {
  return useMemo(() => {
    const found = new Map<number, { n: number; sum: number; lasts: number }>()
    for (const { group, sequence } of chart.lines) {
      let g = found.get(group)
      if (!g) found.set(group, (g = { n: 0, sum: 0, lasts: 0 }))
      g.n++
      if (typeof sequence.last !== 'number' || !Number.isFinite(sequence.last)) continue
      g.sum += sequence.last
      g.lasts++
    }
    const names = shortNames([...found.keys()].map((g) => groups[g]!.label))
    return [...found]
      .map(([g, { n, sum, lasts }], i) => ({ group: groups[g]!, name: names[i]!, n, last: sum / lasts }))
      .sort((a, b) => a.group.rank - b.group.rank || a.group.dash - b.group.dash)
  }, [chart.lines, groups])
}

/** Whether the legend is beside the plot, which is narrower then; not where names at the ends say the same. */
function useStrip(plotWidth: number, legend: readonly LegendItem[], isNamed: boolean): boolean {
  const had = useRef(false)
  const width = plotWidth + (had.current ? STRIP_WIDTH : 0)
  const has = width >= STRIP_FROM && legend.length > 1 && !isNamed
  useLayoutEffect(() => {
    had.current = has
  })
  return has
}

/** Another chart may be dropped on this one: it then comes before it. */
function useDrop(key: string, actions: ChartActions) {
  const [isTarget, setTarget] = useState(false)
  const handlers = {
    onDragOver: (e: DragEvent) => {
      if (!e.dataTransfer.types.includes(CHART_TYPE)) return
      e.preventDefault()
      setTarget(true)
    },
    onDragLeave: () => setTarget(false),
    onDrop: (e: DragEvent) => {
      setTarget(false)
      const from = e.dataTransfer.getData(CHART_TYPE)
      if (!from) return
      e.preventDefault()
      actions.move(from, { before: key })
    },
  }
  return { isTarget, handlers }
}
