// The state that the charts of a pane share: zooms, hidden groups, and what charts ask for.

import { useCallback, useMemo, useRef } from 'react'
import { afterPin } from '../../base/hover'
import { useSelection } from '../../base/stores'
import type { ChartActions } from './chartActions'
import type { Arrangement, Move } from './chartOrder'
import type { MetricsView } from './metricsAddress'
import type { Span } from './pane/chartDomains'
import type { Model } from './metricsModel'
import { hiddenGroups, toggleGroup } from './shown/hidden'

export type ChangeView = (patch: Partial<MetricsView>, mode?: 'push' | 'later' | 'replace') => void

/** The last value, for callbacks that stay the same. */
export function useLatest<T>(value: T): { readonly current: T } {
  const ref = useRef(value)
  ref.current = value
  return ref
}

const UNZOOMED = { range: null, xRanges: {}, yRanges: {} } as const

function without<T>(of: Readonly<Record<string, T>>, key: string): Record<string, T> {
  const rest = { ...of }
  delete rest[key]
  return rest
}

function withOne<T>(of: Readonly<Record<string, T>>, key: string, value: T | null): Record<string, T> {
  return value === null ? without(of, key) : { ...of, [key]: value }
}

/** Zooms of the charts, with the way back. */
export function useZoom(view: { readonly current: MetricsView }, change: ChangeView) {
  const stack = useRef<Pick<MetricsView, 'range' | 'xRanges' | 'yRanges'>[]>([])
  const zoom = useCallback(
    (chart: string, x: [number, number], y: [number, number] | null) => {
      const { range, xRanges, yRanges, syncZoom } = view.current
      stack.current.push({ range, xRanges, yRanges })
      change(
        {
          ...(syncZoom ? { range: x } : { xRanges: { ...xRanges, [chart]: x } }),
          ...(y ? { yRanges: { ...yRanges, [chart]: y } } : {}),
        },
        'later',
      )
    },
    [view, change],
  )
  const setRange = useCallback(
    (chart: string, x: Span | null, y: Span | null) => {
      const { range, xRanges, yRanges, syncZoom } = view.current
      stack.current.push({ range, xRanges, yRanges })
      change({
        ...(syncZoom ? { range: x } : { xRanges: withOne(xRanges, chart, x) }),
        yRanges: withOne(yRanges, chart, y),
      })
    },
    [view, change],
  )
  const zoomBack = useCallback(() => {
    const { range, xRanges, yRanges } = view.current
    const before = stack.current.pop()
    const isZoomed = range !== null || Object.keys(xRanges).length > 0 || Object.keys(yRanges).length > 0
    if (before !== undefined || isZoomed) change(before ?? UNZOOMED, 'later')
  }, [view, change])
  const zoomReset = useCallback(
    (chart: string) => {
      stack.current = []
      const { xRanges, yRanges } = view.current
      change({ range: null, xRanges: without(xRanges, chart), yRanges: without(yRanges, chart) }, 'later')
    },
    [view, change],
  )
  const resetAll = useCallback(() => {
    stack.current = []
    change(UNZOOMED, 'later')
  }, [change])
  return { zoom, setRange, zoomBack, zoomReset, resetAll }
}

/** Groups that the legend hides. */
export function useHiddenGroups(
  { groups }: Model,
  view: MetricsView,
  change: ChangeView,
): readonly [ReadonlySet<string>, ChartActions['toggleGroup']] {
  const { hide, solo, colour, dash } = view
  const hidden = useMemo(() => hiddenGroups({ hide, solo, colour, dash }, groups), [hide, solo, colour, dash, groups])
  const latest = useLatest({ view, groups })
  const toggle = useCallback(
    (key: string, only: boolean) =>
      change(
        toggleGroup(
          latest.current.view,
          latest.current.groups.map((g) => g.key),
          key,
          only,
        ),
      ),
    [latest, change],
  )
  return [hidden, toggle]
}

/** What a chart changes of the view, of the selection and of the order of the charts. */
export function useViewActions(
  view: { readonly current: MetricsView },
  model: Model,
  arrangement: Arrangement,
  change: ChangeView,
) {
  const selectRun = useSelection((s) => s.toggle)
  const charts = useLatest(model.charts)
  const { move: moveAmong, togglePin: pinChart, resetOrder } = arrangement
  return useMemo(
    () => ({
      pinRun: (run: string | null, x: number | null) => {
        const pin = afterPin({ run: view.current.focus, x: view.current.at }, run, x)
        change({ focus: pin.run, at: pin.x })
      },
      selectRun,
      toggleLog: (metric: string) => {
        const { yLog } = view.current
        change({ yLog: yLog.includes(metric) ? yLog.filter((m) => m !== metric) : [...yLog, metric] })
      },
      showOutliers: () => change({ outliers: 'off' }),
      includeBroken: (withBroken: boolean) => change({ withBroken }),
      showToEnd: (xToEnd: boolean) => change({ xToEnd }),
      toggleWide: (chart: string) => change({ expanded: view.current.expanded === chart ? null : chart }),
      pinChart,
      move: (key: string, to: Move) =>
        moveAmong(
          charts.current.map((c) => c.key),
          key,
          to,
        ),
      resetOrder,
    }),
    [view, change, selectRun, charts, pinChart, moveAmong, resetOrder],
  )
}
