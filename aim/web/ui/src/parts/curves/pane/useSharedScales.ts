import { useCallback, useMemo, useRef, useState } from 'react'
import type { MetricsView } from '../metricsAddress'
import type { FoundChart } from '../metricsModel'
import { chartDomain, spansByRun, stepSpans, union, type ChartDomain, type Span } from './chartDomains'

/** The scales of a chart of a grid, which those of the same metric share. */
export interface SharedScales {
  readonly x: ChartDomain | undefined
  /** null until a chart has told what it would show. */
  readonly y: Span | null
  /** What the lines of a chart span, by id. */
  readonly onSpans: (chart: string, axis: string, spans: ReadonlyMap<string, Span>) => void
  /** What a chart would show of y by itself. */
  readonly onY: (chart: string, y: Span) => void
}

interface Told<T> {
  /** What it is told of: other views have other spans. */
  readonly of: string
  readonly by: ReadonlyMap<string, T>
}

function useTold<T>(of: string) {
  const [told, setTold] = useState<Told<T>>({ of, by: new Map() })
  const latest = useRef(of)
  latest.current = of
  const tell = useCallback(
    (chart: string, value: T, isSame: (a: T, b: T) => boolean) =>
      setTold((old) => {
        const now = latest.current
        const by = old.of === now ? old.by : new Map<string, T>()
        const known = by.get(chart)
        if (known !== undefined && isSame(known, value)) return old.of === now ? old : { of: now, by }
        return { of: now, by: new Map(by).set(chart, value) }
      }),
    [],
  )
  return [told.of === of ? told.by : (NOTHING as ReadonlyMap<string, T>), tell] as const
}

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>()

/** Scales by chart, for the charts of a grid; null where there is none. */
export function useSharedScales(
  charts: readonly FoundChart[] | null,
  view: MetricsView,
): ReadonlyMap<string, SharedScales> | null {
  const { x, xLog, attempts, range, outliers, smoothing, aggregate, yLog, xToEnd } = view
  const axis = `${x}|${xLog}|${attempts}`
  const [spans, tellSpans] = useTold<ReadonlyMap<string, Span>>(axis)
  const [ys, tellY] = useTold<Span>(JSON.stringify([axis, range, outliers, smoothing, aggregate, yLog, xToEnd]))
  const onSpans = useCallback<SharedScales['onSpans']>(
    (chart, of, own) => {
      if (of === axis) tellSpans(chart, own, Object.is)
    },
    [axis, tellSpans],
  )
  const onY = useCallback<SharedScales['onY']>(
    (chart, y) => tellY(chart, y, (a, b) => a[0] === b[0] && a[1] === b[1]),
    [tellY],
  )
  const known = useRef(new Map<string, SharedScales>())
  return useMemo(() => {
    if (charts === null) return null
    const byName = new Map<string, FoundChart[]>()
    for (const c of charts) {
      const list = byName.get(c.name)
      if (list) list.push(c)
      else byName.set(c.name, [c])
    }
    const out = new Map<string, SharedScales>()
    for (const same of byName.values()) {
      const all = new Map<string, Span[]>()
      let y: Span | undefined
      for (const c of same) {
        const steps = x === 'step' ? stepSpans(c, xLog) : NOTHING
        spansByRun(c, steps, spans.get(c.key) ?? NOTHING, xLog, all)
        y = union(y, ys.get(c.key))
      }
      const scales = kept(known.current, same[0]!.name, {
        x: chartDomain(all.values(), x, xLog),
        y: y ?? null,
        onSpans,
        onY,
      })
      for (const c of same) out.set(c.key, scales)
    }
    return out
  }, [charts, spans, ys, x, xLog, onSpans, onY])
}

/** The scales of before, where they are the same: the charts need not be rendered again. */
function kept(known: Map<string, SharedScales>, name: string, next: SharedScales): SharedScales {
  const old = known.get(name)
  const values = ({ x, y }: SharedScales) => JSON.stringify([x, y])
  if (old && old.onSpans === next.onSpans && old.onY === next.onY && values(old) === values(next)) return old
  known.set(name, next)
  return next
}
