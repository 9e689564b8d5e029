// Which part of a grid is held: it follows the scroll position and the size.

import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import { flushSync } from 'react-dom'
import { columnSpan, HEAD, OVER, rowSpan, type Span } from './window'

/** What a page has beside and above its table, about, in CSS px: until the table is measured. */
const BESIDE = 48
const ABOVE = 120
/** How long nothing has moved before the rows are put into their order in the document. */
const REST_MS = 150

type Host = RefObject<HTMLDivElement | null>

export interface Size {
  readonly width: number
  readonly height: number
}

export interface View {
  readonly rows: Span
  readonly cols: Span
}

/** Inner size of the grid, CSS px; a guess until it is measured. */
export function useSize(host: Host): Size {
  const [size, setSize] = useState<Size>(() => ({ width: innerWidth - BESIDE, height: innerHeight - ABOVE }))
  useLayoutEffect(() => {
    const h = host.current
    if (!h) return
    const sizes = new ResizeObserver(() => setSize({ width: h.clientWidth, height: h.clientHeight }))
    sizes.observe(h)
    return () => sizes.disconnect()
  }, [host])
  return size
}

/** Rows held beyond those in sight: none until these are painted. */
function useOver(hasRows: boolean): number {
  const [over, setOver] = useState(0)
  useEffect(() => {
    if (!hasRows) return undefined
    let timer = 0
    const frame = requestAnimationFrame(() => {
      timer = window.setTimeout(() => setOver(OVER))
    })
    return () => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    }
  }, [hasRows])
  return over
}

interface Options {
  readonly size: Size
  readonly count: number
  readonly rowHeight: number
  readonly hasRows: boolean
  readonly edges: readonly number[]
  readonly pinned: number
  readonly onScrolledTop: ((atTop: boolean) => void) | undefined
  /** While the page is printed: what is drawn of the grid, whatever is in sight. */
  readonly printed: View | null
}

/**
 * `view`: the rows and columns to draw. `shown`: the same, for callbacks. `first`: the row whose element comes first in
 * the document.
 */
export function useGridView(host: Host, options: Options) {
  const { size, count, rowHeight, hasRows, edges, pinned, onScrolledTop } = options
  const over = useOver(hasRows)
  const [seen, setView] = useState<View | null>(null)
  const [first, setFirst] = useState(0)
  const rest = useRef(0)
  const view: View = options.printed ??
    seen ?? {
      rows: rowSpan(0, size.height - HEAD, rowHeight, count, over),
      cols: columnSpan(edges, pinned, 0, size.width),
    }
  const shown = useRef(view)
  shown.current = view

  const look = useCallback((): View | null => {
    const h = host.current
    if (!h) return null
    if (h.scrollLeft > 0 !== 'scrolled' in h.dataset) h.toggleAttribute('data-scrolled', h.scrollLeft > 0)
    onScrolledTop?.(h.scrollTop < rowHeight)
    return {
      rows: rowSpan(h.scrollTop, h.clientHeight - HEAD, rowHeight, count, over),
      cols: columnSpan(edges, pinned, h.scrollLeft, h.clientWidth),
    }
  }, [host, count, edges, pinned, rowHeight, over, onScrolledTop])
  useLayoutEffect(() => {
    const next = look()
    // oxlint-disable-next-line react/set-state-in-effect -- what is in sight is known only from the laid-out element
    if (next) setView((v) => (v !== null && sameView(v, next) ? v : next))
  }, [look, size])
  const onScroll = useCallback(() => {
    const next = look()
    if (!next) return
    // In this very frame: a later one would show rows that are not there yet.
    if (!sameView(shown.current, next)) flushSync(() => setView(next))
    clearTimeout(rest.current)
    rest.current = window.setTimeout(() => setFirst(shown.current.rows.from), REST_MS)
  }, [look])
  useEffect(() => () => clearTimeout(rest.current), [])
  return { view, shown, first: options.printed ? 0 : first, onScroll }
}

function sameView(a: View, b: View): boolean {
  return (
    a.rows.from === b.rows.from && a.rows.to === b.rows.to && a.cols.from === b.cols.from && a.cols.to === b.cols.to
  )
}

/** Reports the rows that are held to the page. */
export function useReportRows(rows: Span, onRows: ((span: Span) => void) | undefined): void {
  const pending = useRef<Span | null>(null)
  const report = useRef(onRows)
  useEffect(() => {
    report.current = onRows
    return () => {
      report.current = undefined
    }
  }, [onRows])
  useEffect(() => {
    const isScheduled = pending.current !== null
    pending.current = rows
    // Behind the frame: to ask for more rows takes as long as to draw some.
    if (!isScheduled)
      setTimeout(() => {
        const span = pending.current
        pending.current = null
        if (span) report.current?.(span)
      })
  }, [rows, onRows])
}
