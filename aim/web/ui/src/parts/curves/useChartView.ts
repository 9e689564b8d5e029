import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import { usePrinting } from '../../base/printing'
import { bucketsFor } from '../../charts/data/lod'
import type { ChartEvents, Scene } from '../../charts/layout/model'
import { ChartView } from '../../charts/view'

interface MountedChart {
  /** The element that the chart draws in. */
  readonly host: RefObject<HTMLDivElement | null>
  /** The element whose being in sight counts. */
  readonly card: RefObject<HTMLElement | null>
  readonly chart: RefObject<ChartView | null>
  /** The picture that is shown. */
  readonly scene: () => Scene | null
  readonly isVisible: boolean
  /** To ask for: at most one a pixel; 0 until the size is known. */
  readonly buckets: number
  /** CSS px. */
  readonly width: number
}

/** A chart drawn by hand in an element of React's, for the life of the component. */
export function useChartView(id: string, events: ChartEvents): MountedChart {
  const host = useRef<HTMLDivElement>(null)
  const card = useRef<HTMLElement>(null)
  const chart = useRef<ChartView | null>(null)
  const [isVisible, setVisible] = useState(false)
  const printing = usePrinting((s) => s.on)
  const [buckets, setBuckets] = useState(0)
  const [width, setWidth] = useState(400)
  useLayoutEffect(() => {
    const view = new ChartView(id, host.current!, events)
    chart.current = view
    const sizes = new ResizeObserver(() => {
      setBuckets(bucketsFor(view.plotWidth, devicePixelRatio || 1))
      setWidth(host.current?.clientWidth ?? 400)
    })
    sizes.observe(host.current!)
    const sight = new IntersectionObserver((entries) => setVisible(entries[entries.length - 1]!.isIntersecting), {
      rootMargin: '100px',
    })
    sight.observe(card.current!)
    return () => {
      sizes.disconnect()
      sight.disconnect()
      view.destroy()
    }
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- one chart for the life of the card; events are set below
  }, [])
  useEffect(() => {
    if (chart.current) chart.current.events = events
  })
  const scene = useCallback(() => chart.current?.scene ?? null, [])
  return { host, card, chart, scene, isVisible: isVisible || printing, buckets, width }
}
