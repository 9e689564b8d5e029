import { useEffect, useMemo, useState } from 'react'
import type { Frames } from '../../../charts/data/frames'
import type { MetricsView } from '../metricsAddress'
import type { FoundChart } from '../metricsModel'
import { chartDomain, seriesSpan, spansByRun, stepSpans, type Span } from './chartDomains'

interface Seen {
  readonly axis: string
  readonly spans: ReadonlyMap<string, Span>
}

const NOTHING: ReadonlyMap<string, Span> = new Map()

/** What the spans of lines are of: logarithmic axes begin elsewhere. */
const axisKey = ({ x, xLog, attempts }: MetricsView) => `${x}|${xLog}|${attempts}`

/** What the x axis of a chart spans, and how it learns that from points that are here. */
export function useChartDomain(chart: FoundChart, view: MetricsView) {
  const { x, xLog } = view
  const axis = axisKey(view)
  const [seen, setSeen] = useState<Seen>({ axis, spans: NOTHING })
  const spans = seen.axis === axis ? seen.spans : NOTHING
  const steps = useMemo(() => (x === 'step' ? stepSpans(chart, xLog) : NOTHING), [chart, x, xLog])
  const domain = useMemo(() => {
    return chartDomain(spansByRun(chart, steps, spans, xLog).values(), x, xLog)
  }, [chart, spans, steps, x, xLog])
  return { axis, domain, spans, setSeen } as const
}

/** Takes in what the lines span, unless only a part of them was asked for. */
export function useSeenSpans(
  frames: Frames,
  isPart: boolean,
  { x, xLog }: MetricsView,
  { axis, setSeen }: Pick<ReturnType<typeof useChartDomain>, 'axis' | 'setSeen'>,
): void {
  useEffect(() => {
    if (isPart || frames.axis !== x) return
    const spans = new Map<string, Span>()
    for (const [id, s] of frames.series) {
      const span = seriesSpan(s, xLog)
      if (span) spans.set(id, span)
    }
    setSeen((old) => (old.axis === axis && isSame(old.spans, spans) ? old : { axis, spans }))
  }, [frames.series, frames.version, frames.axis, isPart, axis, x, xLog, setSeen])
}

function isSame(a: ReadonlyMap<string, Span>, b: ReadonlyMap<string, Span>): boolean {
  if (a.size !== b.size) return false
  for (const [id, [lo, hi]] of a) {
    const other = b.get(id)
    if (!other || other[0] !== lo || other[1] !== hi) return false
  }
  return true
}
