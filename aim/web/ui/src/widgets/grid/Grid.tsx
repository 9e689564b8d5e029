import {
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
} from 'react'
import { flushSync } from 'react-dom'
import { clearHover, setHover } from '../../base/hover'
import { storedText, store, useSettings } from '../../base/stores'
import { cellText, type Column, type PlacedColumn, type SortState } from './column'
import css from './Grid.module.css'
import { GridRow } from './GridRow'
import { HeadCell } from './HeadCell'
import { FirstWidths, fitWidth, MIN_WIDTH } from './widths'
import { columnEdges, columnSpan, OVER, rowPool, rowSpan, type Span } from './window'

export type { Column, SortState } from './column'

interface Props<R> {
  readonly label: string
  readonly name: string
  readonly columns: readonly Column<R>[]
  readonly count: number
  readonly rowAt: (index: number) => R | undefined
  readonly rowKey: (row: R) => string
  /** The run of a row, which hover and selection share with charts. */
  readonly runOf?: (row: R) => string
  readonly sort?: readonly SortState[]
  readonly onSort?: (by: string, add: boolean) => void
  readonly onRows?: (span: Span) => void
  /** `column`: where the pointer or the keyboard is. */
  readonly onOpen?: (row: R, column: string) => void
  /** Shows the row beside the table. */
  readonly onPeek?: (row: R) => void
  readonly onEdit?: (row: R, column: string) => boolean
  readonly selected?: ReadonlySet<string>
  readonly onToggle?: (row: R, index: number, range: boolean) => void
  readonly onActive?: (row: R | undefined, index: number) => void
  /** A column was dropped beside another. */
  readonly onMoveColumn?: (column: string, beside: string, after: boolean) => void
  /** Scrolls to this row once it changes. */
  readonly reveal?: number | null
  readonly onScrolledTop?: (atTop: boolean) => void
  /** Changes when rows changed, so that memoised rows draw again. */
  readonly version?: unknown
  /** Widths by column, where the page keeps them; else this browser does. */
  readonly widths?: Readonly<Record<string, number>>
  readonly onWidth?: (column: string, width: number) => void
}

const HEAD = 30
/** What a page has beside and above its table, about, in CSS px: until the table is measured. */
const BESIDE = 48
const ABOVE = 120
/** Rows by whose cells the first widths go. */
const MEASURED_ROWS = 60

/** How long nothing has moved before the rows are put into their order in the document. */
const REST_MS = 150
/** Pinned columns that would leave less of the width to the others scroll with them. */
const MOST_PINNED = 0.6

interface View {
  readonly rows: Span
  readonly cols: Span
}

/** Rows and columns both windowed, some columns pinned. Sorting, filtering and grouping are the server's. */
export function Grid<R>(props: Props<R>) {
  const { columns, count, rowAt, rowKey, runOf, onRows, onOpen, onToggle, onActive, onScrolledTop, onWidth } = props
  const id = useId()
  const density = useSettings((s) => s.density)
  const rowHeight = density === 'regular' ? 36 : 28
  const host = useRef<HTMLDivElement>(null)
  const [stored, setStored] = useState<Readonly<Record<string, number>>>(() =>
    props.widths ? {} : readWidths(props.name),
  )
  const [dragged, setDragged] = useState<Readonly<Record<string, number>>>({})
  const [size, setSize] = useState(() => ({ width: innerWidth - BESIDE, height: innerHeight - ABOVE }))
  const [seen, setView] = useState<View | null>(null)
  /** Rows held beyond those in sight: none until these are painted. */
  const [over, setOver] = useState(0)
  const [active, setActive] = useState<{ row: number; col: number }>({ row: -1, col: 0 })
  /** The row whose element comes first in the document. */
  const [first, setFirst] = useState(0)
  const rest = useRef(0)
  const firstWidths = useRef(new FirstWidths<R>()).current

  const given = props.widths ?? stored
  const hasRows = rowAt(0) !== undefined
  const edges = useMemo(() => {
    const rows = knownRows(rowAt, 0, Math.min(count, MEASURED_ROWS))
    return columnEdges(columns.map((c) => dragged[c.id] ?? given[c.id] ?? firstWidths.of(c, rows)))
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- rows that come later must not move the columns
  }, [columns, given, dragged, hasRows, props.version])
  const total = edges[edges.length - 1] ?? 0
  let pinned = Math.min(1, columns.length)
  while (pinned < columns.length && columns[pinned]!.pinned) pinned++
  if (edges[pinned]! > size.width * MOST_PINNED) pinned = Math.min(1, columns.length)
  const placed = useMemo(
    () =>
      columns.map((column, index): PlacedColumn<R> => ({
        column,
        index,
        left: edges[index]!,
        width: edges[index + 1]! - edges[index]!,
      })),
    [columns, edges],
  )

  const view: View = seen ?? {
    rows: rowSpan(0, size.height - HEAD, rowHeight, count, over),
    cols: columnSpan(edges, pinned, 0, size.width),
  }
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

  const look = useCallback((): View | null => {
    const h = host.current
    if (!h) return null
    if (h.scrollLeft > 0 !== 'scrolled' in h.dataset) h.toggleAttribute('data-scrolled', h.scrollLeft > 0)
    onScrolledTop?.(h.scrollTop < rowHeight)
    return {
      rows: rowSpan(h.scrollTop, h.clientHeight - HEAD, rowHeight, count, over),
      cols: columnSpan(edges, pinned, h.scrollLeft, h.clientWidth),
    }
  }, [count, edges, pinned, rowHeight, over, onScrolledTop])
  const measure = useCallback(() => {
    const next = look()
    if (next) setView((v) => (v !== null && sameView(v, next) ? v : next))
  }, [look])
  const shown = useRef(view)
  shown.current = view
  const onScroll = useCallback(() => {
    const next = look()
    if (!next) return
    // In this very frame: a later one would show rows that are not there yet.
    if (!sameView(shown.current, next)) flushSync(() => setView(next))
    clearTimeout(rest.current)
    rest.current = window.setTimeout(() => setFirst(shown.current.rows.from), REST_MS)
  }, [look])
  useEffect(() => () => clearTimeout(rest.current), [])

  useLayoutEffect(() => {
    const h = host.current
    if (!h) return
    const sizes = new ResizeObserver(() => {
      setSize({ width: h.clientWidth, height: h.clientHeight })
    })
    sizes.observe(h)
    return () => sizes.disconnect()
  }, [])
  useLayoutEffect(measure, [measure, size])
  const { rows, cols } = view
  const wanted = useRef<Span | null>(null)
  const tellRows = useRef(onRows)
  useEffect(() => {
    tellRows.current = onRows
    return () => {
      tellRows.current = undefined
    }
  }, [onRows])
  useEffect(() => {
    const isToldSoon = wanted.current !== null
    wanted.current = rows
    // Behind the frame: to ask for more rows takes as long as to draw some.
    if (!isToldSoon)
      setTimeout(() => {
        const span = wanted.current
        wanted.current = null
        if (span) tellRows.current?.(span)
      })
  }, [rows, onRows])

  const show = useCallback(
    (row: number, col?: number) => {
      const h = host.current
      if (!h) return
      const top = row * rowHeight
      if (top < h.scrollTop) h.scrollTop = top
      else if (top + rowHeight > h.scrollTop + h.clientHeight - HEAD)
        h.scrollTop = top + rowHeight - h.clientHeight + HEAD
      if (col !== undefined) {
        const left = edges[col]!
        const right = edges[col + 1]!
        if (col < pinned) return
        if (left - edges[pinned]! < h.scrollLeft) h.scrollLeft = left - edges[pinned]!
        else if (right > h.scrollLeft + h.clientWidth) h.scrollLeft = right - h.clientWidth
      }
    },
    [edges, pinned, rowHeight],
  )

  useEffect(() => {
    if (props.reveal !== null && props.reveal !== undefined && props.reveal >= 0) show(props.reveal)
  }, [props.reveal, show])

  const move = useCallback(
    (row: number, col: number) => {
      const r = Math.min(count - 1, Math.max(0, row))
      const c = Math.min(columns.length - 1, Math.max(0, col))
      setActive({ row: r, col: c })
      onActive?.(rowAt(r), r)
      show(r, c)
    },
    [columns.length, count, onActive, rowAt, show],
  )

  const onKey = (e: KeyboardEvent) => {
    if (e.target !== host.current) return
    const page = Math.max(1, Math.floor(size.height / rowHeight) - 2)
    const { row, col } = active
    let handled = true
    if (e.key === 'ArrowDown' || e.key === 'j') {
      if (e.shiftKey && e.key === 'ArrowDown') {
        const next = rowAt(Math.min(count - 1, row + 1))
        if (next) onToggle?.(next, row + 1, false)
      }
      move(row + 1, col)
    } else if (e.key === 'ArrowUp' || e.key === 'k') move(row - 1, col)
    else if (e.ctrlKey || e.metaKey || e.altKey) {
      if (e.key === 'Home') move(0, 0)
      else if (e.key === 'End') move(count - 1, columns.length - 1)
      else handled = false
    } else if (e.key === 'ArrowRight') move(Math.max(0, row), col + 1)
    else if (e.key === 'ArrowLeft') move(Math.max(0, row), col - 1)
    else if (e.key === 'PageDown') move(row + page, col)
    else if (e.key === 'PageUp') move(row - page, col)
    else if (e.key === 'Home') move(row, 0)
    else if (e.key === 'End') move(row, columns.length - 1)
    else {
      const at = row >= 0 ? rowAt(row) : undefined
      if (!at) handled = false
      else if (e.key === ' ' || e.key === 'x') onToggle?.(at, row, e.shiftKey)
      else if (e.key === 'o' && props.onPeek) props.onPeek(at)
      else if (e.key === 'Enter' || e.key === 'o') onOpen?.(at, columns[col]!.id)
      else if (e.key === 'F2' || e.key === 'e') handled = props.onEdit?.(at, columns[col]!.id) ?? false
      else handled = false
    }
    if (handled) {
      e.preventDefault()
      e.stopPropagation()
    }
  }

  const resize = useCallback(
    (column: string, to: number, done: boolean) => {
      const width = Math.max(MIN_WIDTH, Math.round(to))
      if (!done) {
        setDragged((d) => ({ ...d, [column]: width }))
        return
      }
      setDragged({})
      if (onWidth) onWidth(column, width)
      else {
        setStored((w) => {
          const next = { ...w, [column]: width }
          store(`columns.${props.name}`, JSON.stringify(next))
          return next
        })
      }
    },
    [props.name, onWidth],
  )
  const fit = useCallback(
    (column: string) => {
      const c = columns.find((k) => k.id === column)
      if (!c) return
      const rows = knownRows(rowAt, shown.current.rows.from, Math.min(count, shown.current.rows.to))
      resize(column, c.plain ? fitWidth(c, rows) : drawnWidth(host.current!, columns.indexOf(c), fitWidth(c, [])), true)
    },
    [columns, count, resize, rowAt],
  )

  const visible = useMemo(
    () => placed.slice(Math.max(pinned, cols.from), cols.to),
    [placed, pinned, cols.from, cols.to],
  )
  const pins = useMemo(() => placed.slice(0, pinned), [placed, pinned])
  const pinWidth = edges[pinned] ?? 0
  // Elements are used again: those that scroll out of sight become the rows that come into it, at the same place in the
  // document. Once nothing moves, the document's order becomes that of the rows.
  const pool = Math.max(rowPool(size.height - HEAD, rowHeight), rows.to - rows.from)
  const origin = ((first % pool) + pool) % pool
  const drawn: ReactNode[] = []
  const at: number[] = []
  for (let i = rows.from; i < Math.min(rows.to, count); i++) at.push(i)
  at.sort((a, b) => ((a - origin + pool) % pool) - ((b - origin + pool) % pool))
  for (const i of at) {
    const row = rowAt(i)
    drawn.push(
      <GridRow
        key={i % pool}
        index={i}
        gridId={id}
        row={row}
        run={row && runOf ? runOf(row) : undefined}
        top={HEAD + i * rowHeight}
        width={total}
        pins={pins as readonly PlacedColumn<unknown>[]}
        pinWidth={pinWidth}
        cells={visible as readonly PlacedColumn<unknown>[]}
        activeCol={active.row === i ? active.col : -1}
        selected={Boolean(row && props.selected?.has(rowKey(row)))}
        selectable={Boolean(props.selected)}
        link={Boolean(onOpen)}
        version={props.version}
      />,
    )
  }

  const find = (e: MouseEvent): { row: R; index: number } | null => {
    const el = (e.target as HTMLElement).closest<HTMLElement>('[aria-rowindex]')
    if (!el) return null
    const index = Number(el.getAttribute('aria-rowindex')) - 2
    const row = index >= 0 ? rowAt(index) : undefined
    return row ? { row, index } : null
  }

  return (
    <div
      ref={host}
      className={css.grid}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      aria-multiselectable={props.selected ? true : undefined}
      data-active={active.row >= 0 || undefined}
      aria-activedescendant={
        active.row >= rows.from && active.row < rows.to ? `${id}-${active.row}-${active.col}` : undefined
      }
      onScroll={onScroll}
      onKeyDown={onKey}
      onPointerOver={(e) => {
        const at = find(e)
        const cell = (e.target as HTMLElement).closest<HTMLElement>('[aria-colindex]')
        if (at && cell) tell(cell, columns[Number(cell.getAttribute('aria-colindex')) - 1], at.row)
        if (at && runOf) setHover({ run: runOf(at.row), line: null, x: null, chart: null, group: null })
      }}
      onPointerLeave={() => {
        if (runOf) clearHover()
      }}
      onClick={(e) => {
        const at = find(e)
        if (!at) return
        const target = e.target as HTMLElement
        const col = Number(target.closest<HTMLElement>('[aria-colindex]')?.getAttribute('aria-colindex') ?? 1) - 1
        setActive({ row: at.index, col })
        if (target.closest('[data-check]')) {
          e.preventDefault()
          onToggle?.(at.row, at.index, e.shiftKey)
          return
        }
        onActive?.(at.row, at.index)
        if (target.closest('a,button,input,textarea,select')) return
        if (getSelection()?.toString()) return
        if (e.ctrlKey || e.metaKey || e.shiftKey) onToggle?.(at.row, at.index, e.shiftKey)
        else onOpen?.(at.row, columns[col]!.id)
      }}
      onDoubleClick={(e) => {
        const at = find(e)
        const cell = (e.target as HTMLElement).closest<HTMLElement>('[aria-colindex]')
        if (at && cell) props.onEdit?.(at.row, columns[Number(cell.getAttribute('aria-colindex')) - 1]!.id)
      }}
    >
      <div className={css.sizer} style={{ width: total, height: HEAD + count * rowHeight }}>
        <div className={css.head} role="row" aria-rowindex={1} style={{ width: total }}>
          <div className={css.pins} style={{ width: pinWidth }}>
            {pins.map((p) => (
              <HeadCell
                key={p.column.id}
                placed={p as PlacedColumn<unknown>}
                sort={props.sort}
                onSort={props.onSort}
                onResize={resize}
                onFit={fit}
                onMove={props.onMoveColumn}
              />
            ))}
          </div>
          {visible.map((p) => (
            <HeadCell
              key={p.column.id}
              placed={p as PlacedColumn<unknown>}
              sort={props.sort}
              onSort={props.onSort}
              onResize={resize}
              onFit={fit}
              onMove={props.onMoveColumn}
            />
          ))}
        </div>
        {drawn}
      </div>
    </div>
  )
}

/** The tooltip of a cell that is cut, or whose full text says more than the cell. */
function tell<R>(cell: HTMLElement, column: Column<R> | undefined, row: R): void {
  if (!column || cell.title || cell.querySelector('input')) return
  const full = cellText(column, row)
  const inner = [cell, ...cell.querySelectorAll<HTMLElement>('*')]
  if (full && (full !== cell.textContent || inner.some((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)))
    cell.title = full
}

/** The width that the drawn cells of a column would take; at least `least`. */
function drawnWidth(grid: HTMLElement, column: number, least: number): number {
  const cells = [
    ...grid.querySelectorAll<HTMLElement>(
      `[role=gridcell][aria-colindex="${column + 1}"], [role=rowheader][aria-colindex="${column + 1}"]`,
    ),
  ]
  const wanted = cells.map((cell) => {
    const range = document.createRange()
    range.selectNodeContents(cell)
    const texts = [...cell.querySelectorAll<HTMLElement>('*')]
    // What is cut says how much is missing.
    const missing = Math.max(0, ...texts.map((e) => e.scrollWidth - e.clientWidth))
    return range.getBoundingClientRect().width + missing + 22
  })
  return Math.min(640, Math.max(least, ...wanted))
}

function knownRows<R>(rowAt: (i: number) => R | undefined, from: number, to: number): R[] {
  const out: R[] = []
  for (let i = from; i < to; i++) {
    const row = rowAt(i)
    if (row !== undefined) out.push(row)
  }
  return out
}

function sameView(a: View, b: View): boolean {
  return (
    a.rows.from === b.rows.from && a.rows.to === b.rows.to && a.cols.from === b.cols.from && a.cols.to === b.cols.to
  )
}

function readWidths(name: string): Record<string, number> {
  try {
    return JSON.parse(storedText(`columns.${name}`, '{}')) as Record<string, number>
  } catch {
    return {}
  }
}
