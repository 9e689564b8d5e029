// The charts of a view, with everything they share: zoom, colours, hidden groups, focus.

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type CSSProperties } from 'react'
import { hoverStore, NO_PIN, pinStore } from '../../../base/hover'
import { useKeys } from '../../../base/keys'
import { useSelection } from '../../../base/stores'
import type { SeriesCache } from '../../../charts/data/seriesCache'
import { cx } from '../../../widgets/basics'
import type { ChartActions, ShownLines } from '../chartActions'
import type { Arrangement } from '../chartOrder'
import { MetricChart } from '../MetricChart'
import type { MetricsView } from '../metricsAddress'
import type { FoundChart, Model } from '../metricsModel'
import { useHiddenGroups, useLatest, useViewActions, useZoom, type ChangeView } from '../usePane'
import { AT_A_TIME, ChartsGrid, useShownCount } from './ChartsGrid'
import { facetGrid } from './facetGrid'
import { FacetCharts } from './FacetCharts'
import { lineMeaning } from './meaning'
import css from './pane.module.css'
import { SectionHead } from './SectionHead'
import { sectionsOf, type Section } from './sections'
import { usePaneSize } from './usePaneSize'
import { useSharedScales } from './useSharedScales'

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
  const pane = usePaneSize(host)
  const latestView = useLatest(view)
  const { pins } = arrangement
  const [hiddenGroups, toggleGroup] = useHiddenGroups(model, view, change)
  const zooms = useZoom(latestView, change)
  const viewActions = useViewActions(latestView, model, arrangement, change)
  const { zoom, setRange, zoomBack, zoomReset, resetAll } = zooms
  const actions = useMemo<ChartActions>(
    () => ({ ...viewActions, zoom, setRange, zoomBack, zoomReset, toggleGroup }),
    [viewActions, zoom, setRange, zoomBack, zoomReset, toggleGroup],
  )
  const shown = useShownLines(hiddenGroups, p.hiddenLines, view.only)
  useCacheOf(cache, model)
  const expanded = useExpanded(model, view, host)
  usePin(view.focus, view.at)
  const letGo = useCallback(() => {
    const { at, focus } = latestView.current
    if (at !== null || focus !== null) change(at !== null ? { at: null } : { focus: null })
  }, [change, latestView])
  usePaneKeys(expanded, actions, resetAll, letGo)

  const by = model.chartFields
  const isByMetric = by === null || (by.length === 1 && by[0] === 'metric.name')
  const grid = useMemo(() => facetGrid(model.charts, model.chartFields), [model.charts, model.chartFields])
  const scales = useSharedScales(grid && model.charts, view)
  const sections = useMemo(
    () => (isByMetric ? sectionsOf(model.charts, pins, AT_A_TIME) : null),
    [model.charts, pins, isByMetric],
  )
  const [counts, showMore] = useShownCount(JSON.stringify([view.q, view.show, view.facets]))
  const render = useCallback(
    (chart: FoundChart) => (
      <MetricChart
        key={chart.key}
        chart={chart}
        groups={model.groups}
        scale={model.scale}
        view={view}
        cache={cache}
        shown={shown}
        scales={scales?.get(chart.key)}
        wide={expanded === chart.key}
        pinned={pins.has(chart.key)}
        ordered={arrangement.order.length > 0}
        actions={actions}
      />
    ),
    [model.groups, model.scale, view, cache, shown, scales, expanded, pins, arrangement.order, actions],
  )
  const isOpen = (s: Section) => (view.sections[s.key] ?? s.isOpenAtFirst) || s.charts.some((c) => c.key === expanded)
  const toggleSection = (s: Section) => {
    const next: Record<string, boolean> = { ...view.sections }
    if (isOpen(s) === s.isOpenAtFirst) next[s.key] = !s.isOpenAtFirst
    else delete next[s.key]
    change({ sections: next })
  }
  const most = sections ? Math.max(...sections.map((s) => s.charts.length)) : model.charts.length
  return (
    <div
      ref={host}
      className={cx(css.pane, expanded !== null && css.expanded)}
      style={{ '--pane-height': `${pane.height}px` } as CSSProperties}
    >
      {pane.width === 0 ? null : grid ? (
        <FacetCharts grid={grid} pane={pane} render={render} />
      ) : sections ? (
        sections.map((s) => (
          <div key={s.key} role="group" aria-label={s.title}>
            <SectionHead section={s} isOpen={isOpen(s)} meaning={lineMeaning(view)} onToggle={() => toggleSection(s)} />
            {isOpen(s) && (
              <ChartsGrid
                charts={s.charts}
                most={most}
                pane={pane}
                count={counts.get(s.key) ?? AT_A_TIME}
                expanded={expanded}
                render={render}
                onMore={() => showMore(s.key)}
              />
            )}
          </div>
        ))
      ) : (
        <ChartsGrid
          charts={model.charts}
          most={most}
          pane={pane}
          fills
          count={counts.get('') ?? AT_A_TIME}
          expanded={expanded}
          render={render}
          onMore={() => showMore('')}
        />
      )}
    </div>
  )
}

/** The chart that has the whole pane. The charts are where they were when it has no more. */
function useExpanded(
  model: Model,
  { expanded }: MetricsView,
  host: { readonly current: HTMLElement | null },
): string | null {
  const key = useMemo(
    () => (expanded !== null && model.charts.some((c) => c.key === expanded) ? expanded : null),
    [model.charts, expanded],
  )
  const before = useRef(0)
  const [was, setWas] = useState(key)
  if (was !== key) {
    // While the others are still in the page: where they are.
    if (key !== null && was === null) before.current = host.current?.parentElement?.scrollTop ?? 0
    setWas(key)
  }
  useLayoutEffect(() => {
    const scroll = host.current?.parentElement
    if (scroll) scroll.scrollTop = key === null ? before.current : 0
  }, [key, host])
  return key
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
  expanded: string | null,
  { toggleWide }: ChartActions,
  resetAll: () => void,
  letGo: () => void,
): void {
  useKeys([
    {
      key: 'f',
      does: 'Expand the chart under the pointer, or show all',
      run: () => {
        const chart = expanded ?? hoverStore.getState().chart
        if (chart) toggleWide(chart)
      },
    },
    { key: '0', does: 'Whole range', run: resetAll },
    { key: 'Escape', does: 'Let go of the crosshair, then of the pinned run', run: letGo },
  ])
}
