// The charts of a view on one time axis, with everything they share: range, colours, hidden groups, focus.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { MetricRun, MetricSequence } from '../../base/api/types'
import { useKeys } from '../../base/keys'
import { useSelection } from '../../base/stores'
import type { MetricsView } from './metricsAddress'
import chartCss from '../../charts/Chart.module.css'
import { hoverStore } from '../../base/hover'
import { forgetAll, forgetOthers } from '../../charts/data/seriesCache'
import { MetricChart } from './MetricChart'
import { Button } from '../../widgets/basics'
import { formatCount } from '../../base/format'
import { chartDomains, stepsOf, withSteps, type Span } from './chartDomains'
import type { Arrangement, Move } from './chartOrder'
import { buildModel, type Model } from './metricsModel'

export type ChangeView = (patch: Partial<MetricsView>, mode?: 'push' | 'later') => void

const MIN_WIDTH = 320
const MAX_PER_ROW = 6
/** Charts put into the page at a time. Each is a card with canvases, and many cost more than their number: 500 took 2 s, 5,000 took 67 s in which the page stood still. */
const AT_A_TIME = 200

/** How many charts are in the page: a part of them after each search, more when asked for. */
function useShownCount(search: string): [number, () => void] {
  const [state, setState] = useState({ search, count: AT_A_TIME })
  if (state.search !== search) setState({ search, count: AT_A_TIME })
  const more = useCallback(() => setState((s) => ({ ...s, count: s.count + AT_A_TIME })), [])
  return [state.search === search ? state.count : AT_A_TIME, more]
}

export function useModel(
  sequences: readonly MetricSequence[],
  runs: Readonly<Record<string, MetricRun>>,
  view: MetricsView,
): Model {
  const slots = useRef({ colour: '', dash: '', slots: new Map<string, number>(), dashes: new Map<string, number>() })
  return useMemo(() => {
    const s = slots.current
    if (s.colour !== view.colour || s.dash !== view.dash)
      Object.assign(s, { colour: view.colour, dash: view.dash, slots: new Map(), dashes: new Map() })
    return buildModel(sequences, runs, view.colour, view.dash, view.facets, s.slots, s.dashes, view.slots)
  }, [sequences, runs, view.colour, view.dash, view.facets, view.slots])
}

/** What the spans of charts are of: logarithmic axes begin elsewhere. */
const axisKey = (view: MetricsView) => (view.xLog ? `log ${view.x}` : view.x)

interface Props {
  readonly model: Model
  readonly view: MetricsView
  readonly change: ChangeView
  readonly hiddenLines: ReadonlySet<string>
  readonly onlySelected: boolean
  readonly arrangement: Arrangement
}

export function ChartsPane({ model, view, change, hiddenLines, onlySelected, arrangement }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [hiddenGroups, setHiddenGroups] = useState<ReadonlySet<string>>(new Set())
  const [wide, setWide] = useState<string | null>(null)
  const selected = useSelection((s) => s.runs)
  const toggle = useSelection((s) => s.toggle)
  const stack = useRef<Pick<MetricsView, 'range' | 'xRanges' | 'yRanges'>[]>([])
  const viewRef = useRef(view)
  viewRef.current = view

  useEffect(() => {
    const sizes = new ResizeObserver(([e]) => setWidth(e!.contentRect.width))
    sizes.observe(host.current!)
    return () => {
      sizes.disconnect()
      forgetAll()
    }
  }, [])
  useEffect(() => setHiddenGroups(new Set()), [view.colour, view.dash])
  useEffect(() => forgetOthers(new Set(model.charts.flatMap((c) => c.lines.map((l) => l.sequence.id)))), [model])

  const [seen, setSeen] = useState<{ readonly axis: string; readonly spans: ReadonlyMap<string, Span> }>({
    axis: axisKey(view),
    spans: new Map(),
  })
  const onExtent = useCallback(
    (chart: string, lo: number, hi: number) =>
      setSeen((s) => {
        const axis = axisKey(viewRef.current)
        const spans = s.axis === axis ? s.spans : new Map<string, Span>()
        const old = spans.get(chart)
        return old && old[0] === lo && old[1] === hi ? s : { axis, spans: new Map(spans).set(chart, [lo, hi]) }
      }),
    [],
  )
  const domains = useMemo(() => {
    const own = seen.axis === axisKey(view) ? seen.spans : new Map<string, Span>()
    const spans = new Map<string, Span>()
    for (const c of model.charts) {
      const span = view.x === 'step' ? withSteps(own.get(c.key), stepsOf(c), view.xLog) : own.get(c.key)
      if (span) spans.set(c.key, span)
    }
    return chartDomains(model.charts, spans, view.xLog)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- of the view only the axis counts
  }, [model, seen, view.x, view.xLog])

  const onZoom = useCallback(
    (chart: string, x: [number, number], y: [number, number] | null) => {
      const v = viewRef.current
      stack.current.push({ range: v.range, xRanges: v.xRanges, yRanges: v.yRanges })
      change(
        {
          ...(v.syncZoom ? { range: x } : { xRanges: { ...v.xRanges, [chart]: x } }),
          ...(y ? { yRanges: { ...v.yRanges, [chart]: y } } : {}),
        },
        'later',
      )
    },
    [change],
  )
  const onZoomBack = useCallback(() => {
    const v = viewRef.current
    const before = stack.current.pop()
    if (
      before === undefined &&
      v.range === null &&
      Object.keys(v.xRanges).length === 0 &&
      Object.keys(v.yRanges).length === 0
    )
      return
    change(before ?? { range: null, xRanges: {}, yRanges: {} }, 'later')
  }, [change])
  const onZoomReset = useCallback(
    (chart: string) => {
      stack.current = []
      const yRanges = { ...viewRef.current.yRanges }
      delete yRanges[chart]
      const xRanges = { ...viewRef.current.xRanges }
      delete xRanges[chart]
      change({ range: null, xRanges, yRanges }, 'later')
    },
    [change],
  )
  const onPin = useCallback(
    (run: string | null) => change({ focus: run !== null && viewRef.current.focus === run ? null : run }, 'later'),
    [change],
  )
  const onLog = useCallback(
    (metric: string) => {
      const { yLog } = viewRef.current
      change({ yLog: yLog.includes(metric) ? yLog.filter((m) => m !== metric) : [...yLog, metric] })
    },
    [change],
  )
  const onWide = useCallback((chart: string) => setWide((w) => (w === chart ? null : chart)), [])
  const keys = useMemo(() => model.groups.map((g) => g.key), [model.groups])
  const onGroup = useCallback(
    (key: string, only: boolean) =>
      setHiddenGroups((h) => {
        if (only) {
          const rest = keys.filter((k) => k !== key)
          return rest.every((k) => h.has(k)) && !h.has(key) ? new Set() : new Set(rest)
        }
        const next = new Set(h)
        if (!next.delete(key)) next.add(key)
        return next
      }),
    [keys],
  )
  const charts = useRef(model.charts)
  charts.current = model.charts
  const { move } = arrangement
  const onMove = useCallback(
    (key: string, to: Move) =>
      move(
        charts.current.map((c) => c.key),
        key,
        to,
      ),
    [move],
  )
  const onOutliersOff = useCallback(() => change({ outliers: 'off' }), [change])

  useKeys([
    {
      key: 'f',
      does: 'Expand the chart under the pointer',
      run: () => {
        const { chart } = hoverStore.getState()
        if (chart ?? wide) onWide((chart ?? wide)!)
      },
    },
    {
      key: '0',
      does: 'Whole range',
      run: () => {
        stack.current = []
        change({ range: null, xRanges: {}, yRanges: {} }, 'later')
      },
    },
  ])

  const [count, showMore] = useShownCount(JSON.stringify([view.q, view.show, view.facets]))
  const n = model.charts.length
  const shown = useMemo(() => model.charts.slice(0, count), [model.charts, count])
  const fits = Math.max(1, Math.min(MAX_PER_ROW, Math.floor(width / MIN_WIDTH)))
  const perRow = Math.max(1, Math.min(fits, n <= 1 ? 1 : n === 2 || n === 4 ? 2 : 3))
  return (
    <>
      {shown.length < n && (
        <div className={chartCss.more}>
          {formatCount(n)} charts, the first {formatCount(shown.length)} of which are below. A pattern under Metrics
          looks through all.
        </div>
      )}
      <div ref={host} className={chartCss.grid} style={{ gridTemplateColumns: `repeat(${perRow}, minmax(0, 1fr))` }}>
        {width > 0 &&
          shown.map((chart) => (
            <MetricChart
              key={chart.key}
              chart={chart}
              groups={model.groups}
              view={view}
              from={domains.get(chart.key)?.span[0] ?? null}
              to={domains.get(chart.key)?.span[1] ?? null}
              ownAxis={domains.get(chart.key)?.isOwn ?? false}
              hiddenGroups={hiddenGroups}
              hiddenLines={hiddenLines}
              selected={selected}
              onlySelected={onlySelected}
              wide={wide === chart.key}
              onExtent={onExtent}
              onZoom={onZoom}
              onZoomBack={onZoomBack}
              onZoomReset={onZoomReset}
              onPin={onPin}
              onSelect={toggle}
              onLog={onLog}
              onWide={onWide}
              onGroup={onGroup}
              onOutliersOff={onOutliersOff}
              pinned={arrangement.pins.has(chart.key)}
              onPinChart={arrangement.togglePin}
              onMove={onMove}
              onOrderReset={arrangement.order.length > 0 ? arrangement.resetOrder : null}
            />
          ))}
      </div>
      {shown.length < n && (
        <div className={chartCss.more}>
          <span>
            The first {formatCount(shown.length)} of {formatCount(n)} charts
          </span>
          <Button small onClick={showMore}>
            Show {formatCount(Math.min(AT_A_TIME, n - shown.length))} more
          </Button>
        </div>
      )}
    </>
  )
}
