// The charts of a view, with everything they share: zoom, colours, hidden groups, focus.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { formatCount } from '../../../base/format'
import { hoverStore, NO_PIN, pinStore } from '../../../base/hover'
import { useKeys } from '../../../base/keys'
import { useSelection } from '../../../base/stores'
import chartCss from '../../../charts/Chart.module.css'
import type { SeriesCache } from '../../../charts/data/seriesCache'
import { Button } from '../../../widgets/basics'
import type { ChartActions, ShownLines } from '../chartActions'
import type { Arrangement } from '../chartOrder'
import { MetricChart } from '../MetricChart'
import type { MetricsView } from '../metricsAddress'
import type { Model } from '../metricsModel'
import { useHiddenGroups, useLatest, useViewActions, useZoom, type ChangeView } from '../usePane'

const MIN_WIDTH = 320
const MAX_PER_ROW = 6
/**
 * Charts put into the page at a time. Each is a card with canvases, and many cost more than their number: 500 took 2 s,
 * 5,000 took 67 s in which the page did not answer.
 */
const AT_A_TIME = 200

/** How many charts are in the page: a part of them after each search, more when asked for. */
function useShownCount(search: string): [number, () => void] {
  const [state, setState] = useState({ search, count: AT_A_TIME })
  if (state.search !== search) setState({ search, count: AT_A_TIME })
  const more = useCallback(() => setState((s) => ({ ...s, count: s.count + AT_A_TIME })), [])
  return [state.search === search ? state.count : AT_A_TIME, more]
}

/** How many charts are side by side. */
function chartsPerRow(count: number, width: number): number {
  const fits = Math.max(1, Math.min(MAX_PER_ROW, Math.floor(width / MIN_WIDTH)))
  return Math.max(1, Math.min(fits, count <= 1 ? 1 : count === 2 || count === 4 ? 2 : 3))
}

interface Props {
  readonly model: Model
  readonly view: MetricsView
  readonly change: ChangeView
  readonly hiddenLines: ReadonlySet<string>
  readonly arrangement: Arrangement
  /** Is given the points of the charts. */
  readonly cache: SeriesCache
}

export function ChartsPane(p: Props) {
  const { model, view, change, arrangement, cache } = p
  const host = useRef<HTMLDivElement>(null)
  const width = useWidth(host)
  const latestView = useLatest(view)
  const [wide, setWide] = useState<string | null>(null)
  const toggleWide = useCallback((chart: string) => setWide((w) => (w === chart ? null : chart)), [])
  const [hiddenGroups, toggleGroup] = useHiddenGroups(model, view, change)
  const { zoom, zoomBack, zoomReset, resetAll } = useZoom(latestView, change)
  const viewActions = useViewActions(latestView, model, arrangement, change)
  const actions = useMemo<ChartActions>(
    () => ({ ...viewActions, zoom, zoomBack, zoomReset, toggleWide, toggleGroup }),
    [viewActions, zoom, zoomBack, zoomReset, toggleWide, toggleGroup],
  )
  const shown = useShownLines(hiddenGroups, p.hiddenLines, view.only)
  useCacheOf(cache, model)
  usePin(view.focus, view.at)
  const letGo = useCallback(() => {
    const { at, focus } = latestView.current
    if (at !== null || focus !== null) change(at !== null ? { at: null } : { focus: null })
  }, [change, latestView])
  usePaneKeys(wide, toggleWide, resetAll, letGo)

  const [count, showMore] = useShownCount(JSON.stringify([view.q, view.show, view.facets]))
  const n = model.charts.length
  const charts = useMemo(() => model.charts.slice(0, count), [model.charts, count])
  return (
    <>
      {charts.length < n && (
        <div className={chartCss.more}>
          {formatCount(n)} charts, the first {formatCount(charts.length)} of which are below. A pattern under Metrics
          looks through all.
        </div>
      )}
      <div
        ref={host}
        className={chartCss.grid}
        style={{ gridTemplateColumns: `repeat(${chartsPerRow(n, width)}, minmax(0, 1fr))` }}
      >
        {width > 0 &&
          charts.map((chart) => (
            <MetricChart
              key={chart.key}
              chart={chart}
              groups={model.groups}
              scale={model.scale}
              view={view}
              cache={cache}
              shown={shown}
              wide={wide === chart.key}
              pinned={arrangement.pins.has(chart.key)}
              ordered={arrangement.order.length > 0}
              actions={actions}
            />
          ))}
      </div>
      {charts.length < n && (
        <div className={chartCss.more}>
          <span>
            The first {formatCount(charts.length)} of {formatCount(n)} charts
          </span>
          <Button small onClick={showMore}>
            Show {formatCount(Math.min(AT_A_TIME, n - charts.length))} more
          </Button>
        </div>
      )}
    </>
  )
}

/** CSS px; 0 until it is known. */
function useWidth(host: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const sizes = new ResizeObserver(([e]) => setWidth(e!.contentRect.width))
    sizes.observe(host.current!)
    return () => sizes.disconnect()
  }, [host])
  return width
}

function useShownLines(
  hiddenGroups: ReadonlySet<string>,
  hiddenLines: ReadonlySet<string>,
  only: readonly string[],
): ShownLines {
  const selected = useSelection((s) => s.runs)
  return useMemo(
    () => ({ hiddenGroups, hiddenLines, selected, only: only.length > 0 ? new Set(only) : null }),
    [hiddenGroups, hiddenLines, selected, only],
  )
}

/** The points of sequences that are not shown any more are dropped. */
function useCacheOf(cache: SeriesCache, model: Model): void {
  useEffect(() => () => cache.clear(), [cache])
  useEffect(
    () => cache.keepOnly(new Set(model.charts.flatMap((c) => c.lines.map((l) => l.sequence.id)))),
    [cache, model],
  )
}

/** What is drawn by hand follows the address. */
function usePin(run: string | null, x: number | null): void {
  useEffect(() => {
    pinStore.setState({ run, x }, true)
    return () => pinStore.setState(NO_PIN, true)
  }, [run, x])
}

function usePaneKeys(
  wide: string | null,
  toggleWide: (chart: string) => void,
  resetAll: () => void,
  letGo: () => void,
): void {
  useKeys([
    {
      key: 'f',
      does: 'Expand the chart under the pointer',
      run: () => {
        const chart = hoverStore.getState().chart ?? wide
        if (chart) toggleWide(chart)
      },
    },
    { key: '0', does: 'Whole range', run: resetAll },
    { key: 'Escape', does: 'Let go of the crosshair, then of the pinned run', run: letGo },
  ])
}
