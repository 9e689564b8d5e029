import { ChevronDown } from 'lucide-react'
import { memo, useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type DragEvent, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react'
import { clearHover, setHover } from '../charts/hover'
import { cx } from '../ui/basics'
import { Popover } from '../ui/Popover'
import { storedText, store, useSettings } from '../app/stores'
import css from './Grid.module.css'
import { columnEdges, columnSpan, rowSpan, type Span } from './window'

export interface Column<R> {
  readonly id: string
  readonly title: string
  readonly width: number
  readonly align?: 'right'
  /** Sort key of the server; none: not sortable. */
  readonly sort?: string
  readonly hint?: string
  /** May be dragged to another place among the movable ones. */
  readonly movable?: boolean
  readonly render: (row: R, index: number) => ReactNode
  /** Items of the menu in the column's head. */
  readonly menu?: (close: () => void) => ReactNode
  /** Full text of the cell, for copying and for the tooltip of cut text. */
  readonly text?: (row: R) => string
}

export interface SortState {
  readonly by: string
  readonly desc: boolean
}

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
  readonly onOpen?: (row: R) => void
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
}

const HEAD = 30

/** Rows and columns both windowed, the first column pinned. Sorting, filtering and grouping are the server's. */
export function Grid<R>(props: Props<R>) {
  const { columns, count, rowAt, rowKey, runOf, onRows, onOpen, onToggle, onActive, onScrolledTop } = props
  const id = useId()
  const density = useSettings((s) => s.density)
  const rowHeight = density === 'regular' ? 36 : 28
  const host = useRef<HTMLDivElement>(null)
  const [widths, setWidths] = useState<Readonly<Record<string, number>>>(() => readWidths(props.name))
  const [size, setSize] = useState({ width: 1200, height: 600 })
  const [rows, setRows] = useState<Span>({ from: 0, to: 40 })
  const [cols, setCols] = useState<Span>({ from: 1, to: 20 })
  const [active, setActive] = useState<{ row: number; col: number }>({ row: -1, col: 0 })

  const edges = useMemo(() => columnEdges(columns.map((c) => widths[c.id] ?? c.width)), [columns, widths])
  const total = edges[edges.length - 1] ?? 0

  const measure = useCallback(() => {
    const h = host.current
    if (!h) return
    const nextRows = rowSpan(h.scrollTop, h.clientHeight - HEAD, rowHeight, count)
    const nextCols = columnSpan(edges, Math.min(1, columns.length), h.scrollLeft, h.clientWidth)
    setRows((s) => (s.from === nextRows.from && s.to === nextRows.to ? s : nextRows))
    setCols((s) => (s.from === nextCols.from && s.to === nextCols.to ? s : nextCols))
    if (h.scrollLeft > 0) h.dataset.scrolled = ''
    else delete h.dataset.scrolled
    onScrolledTop?.(h.scrollTop < rowHeight)
  }, [columns.length, count, edges, rowHeight, onScrolledTop])

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
  useEffect(() => onRows?.(rows), [rows, onRows])

  const show = useCallback((row: number, col?: number) => {
    const h = host.current
    if (!h) return
    const top = row * rowHeight
    if (top < h.scrollTop) h.scrollTop = top
    else if (top + rowHeight > h.scrollTop + h.clientHeight - HEAD) h.scrollTop = top + rowHeight - h.clientHeight + HEAD
    if (col !== undefined && col > 0) {
      const left = edges[col]!
      const right = edges[col + 1]!
      if (left - edges[1]! < h.scrollLeft) h.scrollLeft = left - edges[1]!
      else if (right > h.scrollLeft + h.clientWidth) h.scrollLeft = right - h.clientWidth
    }
  }, [edges, rowHeight])

  useEffect(() => {
    if (props.reveal !== null && props.reveal !== undefined && props.reveal >= 0) show(props.reveal)
  }, [props.reveal, show])

  const move = useCallback((row: number, col: number) => {
    const r = Math.min(count - 1, Math.max(0, row))
    const c = Math.min(columns.length - 1, Math.max(0, col))
    setActive({ row: r, col: c })
    onActive?.(rowAt(r), r)
    show(r, c)
  }, [columns.length, count, onActive, rowAt, show])

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
      else if (e.key === 'Enter' || e.key === 'o') onOpen?.(at)
      else if (e.key === 'F2' || e.key === 'e') handled = props.onEdit?.(at, columns[col]!.id) ?? false
      else handled = false
    }
    if (handled) {
      e.preventDefault()
      e.stopPropagation()
    }
  }

  const resize = useCallback((column: string, width: number) => {
    setWidths((w) => {
      const next = { ...w, [column]: Math.max(48, Math.round(width)) }
      store(`columns.${props.name}`, JSON.stringify(next))
      return next
    })
  }, [props.name])

  const visible: { column: Column<R>; index: number; left: number; width: number }[] = []
  for (let i = Math.max(1, cols.from); i < Math.min(cols.to, columns.length); i++) visible.push({ column: columns[i]!, index: i, left: edges[i]!, width: edges[i + 1]! - edges[i]! })
  const pin = columns[0]
  const drawn: ReactNode[] = []
  for (let i = rows.from; i < Math.min(rows.to, count); i++) {
    const row = rowAt(i)
    drawn.push(
      <GridRow
        key={i}
        index={i}
        gridId={id}
        row={row}
        run={row && runOf ? runOf(row) : undefined}
        top={HEAD + i * rowHeight}
        width={total}
        pin={pin as Column<unknown>}
        pinWidth={edges[1] ?? 0}
        cells={visible as VisibleCell[]}
        cellsKey={`${cols.from}:${cols.to}:${total}`}
        columns={columns}
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
      aria-activedescendant={active.row >= rows.from && active.row < rows.to ? `${id}-${active.row}-${active.col}` : undefined}
      onScroll={measure}
      onKeyDown={onKey}
      onPointerOver={(e) => {
        const at = find(e)
        if (at && runOf) setHover({ run: runOf(at.row), line: null, x: null, chart: null, group: null })
      }}
      onPointerLeave={() => { if (runOf) clearHover() }}
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
        else onOpen?.(at.row)
      }}
      onDoubleClick={(e) => {
        const at = find(e)
        const cell = (e.target as HTMLElement).closest<HTMLElement>('[aria-colindex]')
        if (at && cell) props.onEdit?.(at.row, columns[Number(cell.getAttribute('aria-colindex')) - 1]!.id)
      }}
    >
      <div className={css.sizer} style={{ width: total, height: HEAD + count * rowHeight }}>
        <div className={css.head} role="row" aria-rowindex={1} style={{ width: total }}>
          {pin && <HeadCell column={pin as Column<unknown>} index={0} left={0} width={edges[1]!} pinned sort={props.sort} onSort={props.onSort} onResize={resize} />}
          {visible.map((v) => <HeadCell key={v.column.id} column={v.column as Column<unknown>} index={v.index} left={v.left} width={v.width} sort={props.sort} onSort={props.onSort} onResize={resize} onMove={props.onMoveColumn} />)}
        </div>
        {drawn}
      </div>
    </div>
  )
}

interface VisibleCell {
  readonly column: Column<unknown>
  readonly index: number
  readonly left: number
  readonly width: number
}

interface RowProps {
  readonly index: number
  readonly gridId: string
  readonly row: unknown
  readonly run: string | undefined
  readonly top: number
  readonly width: number
  readonly pin: Column<unknown>
  readonly pinWidth: number
  readonly cells: readonly VisibleCell[]
  readonly cellsKey: string
  readonly columns: unknown
  readonly activeCol: number
  readonly selected: boolean
  readonly selectable: boolean
  readonly link: boolean
  readonly version: unknown
}

const GridRow = memo(
  function GridRow({ index, gridId, row, run, top, width, pin, pinWidth, cells, activeCol, selected, selectable, link }: RowProps) {
    const cell = (c: Column<unknown>, i: number) => (row === undefined ? <span className="muted">{i === 0 ? '…' : ''}</span> : c.render(row, index))
    return (
      <div className={css.row} role="row" aria-rowindex={index + 2} aria-selected={selectable ? selected : undefined} data-run={run} data-link={link || undefined} style={{ top, width }}>
        <div role="rowheader" aria-colindex={1} id={`${gridId}-${index}-0`} className={cx(css.pin, activeCol === 0 && css.active)} style={{ width: pinWidth }}>
          {selectable && row !== undefined && (
            <span className={css.checkTarget} data-check="">
              <input type="checkbox" className={css.check} checked={selected} readOnly tabIndex={-1} aria-label="Select" />
            </span>
          )}
          {cell(pin, 0)}
        </div>
        {cells.map(({ column, index: i, left, width: w }) => (
          <div key={column.id} role="gridcell" aria-colindex={i + 1} id={`${gridId}-${index}-${i}`} title={row !== undefined ? column.text?.(row) : undefined} className={cx(css.cell, column.align === 'right' && css.right, activeCol === i && css.active)} style={{ left, width: w }}>
            {cell(column, i)}
          </div>
        ))}
      </div>
    )
  },
  (a, b) => a.row === b.row && a.top === b.top && a.cellsKey === b.cellsKey && a.columns === b.columns && a.activeCol === b.activeCol && a.selected === b.selected && a.version === b.version && a.pinWidth === b.pinWidth,
)

interface HeadProps {
  readonly column: Column<unknown>
  readonly index: number
  readonly left: number
  readonly width: number
  readonly pinned?: boolean
  readonly sort: readonly SortState[] | undefined
  readonly onSort: ((by: string, add: boolean) => void) | undefined
  readonly onResize: (column: string, width: number) => void
  readonly onMove?: ((column: string, beside: string, after: boolean) => void) | undefined
}

/** What a dragged head cell carries. */
const DRAG_TYPE = 'application/x-aim-column'

function HeadCell({ column, index, left, width, pinned, sort, onSort, onResize, onMove }: HeadProps) {
  const movable = column.movable === true && onMove !== undefined
  const [drop, setDrop] = useState<'before' | 'after' | null>(null)
  const sideOf = (e: DragEvent<HTMLElement>) => { const b = e.currentTarget.getBoundingClientRect(); return e.clientX > b.left + b.width / 2 ? 'after' as const : 'before' as const }
  const at = column.sort ? (sort?.findIndex((s) => s.by === column.sort) ?? -1) : -1
  const state = at >= 0 ? sort![at]! : null
  const sortable = column.sort !== undefined && onSort !== undefined
  const start = useRef<{ x: number; width: number } | null>(null)
  return (
    <div
      role="columnheader"
      aria-colindex={index + 1}
      aria-sort={state ? (state.desc ? 'descending' : 'ascending') : sortable ? 'none' : undefined}
      data-sortable={sortable || undefined}
      className={cx(css.headCell, pinned && css.pinHead, column.align === 'right' && css.right)}
      style={pinned ? { width } : { left, width }}
      title={column.hint ?? column.title}
      draggable={movable}
      data-drop={drop ?? undefined}
      onDragStart={(e) => {
        if (!movable || start.current) return e.preventDefault()
        e.dataTransfer.setData(DRAG_TYPE, column.id)
        e.dataTransfer.effectAllowed = 'move'
      }}
      onDragOver={(e) => {
        if (!movable || !e.dataTransfer.types.includes(DRAG_TYPE)) return
        e.preventDefault()
        setDrop(sideOf(e))
      }}
      onDragLeave={() => setDrop(null)}
      onDrop={(e) => {
        const from = e.dataTransfer.getData(DRAG_TYPE)
        setDrop(null)
        if (!movable || !from) return
        e.preventDefault()
        if (from !== column.id) onMove(from, column.id, sideOf(e) === 'after')
      }}
      onClick={(e) => { if (sortable && !(e.target as HTMLElement).closest('[data-grip], button')) onSort(column.sort!, e.shiftKey) }}
    >
      <span className={css.title}>{column.title}</span>
      {state && <span className={css.sortMark} aria-hidden="true">{state.desc ? '↓' : '↑'}{sort!.length > 1 ? at + 1 : ''}</span>}
      {column.menu && (
        <Popover label={`Menu of ${column.title}`} menu trigger={(t) => <button type="button" tabIndex={-1} className={css.headMenu} aria-label={`Menu of ${column.title}`} {...t}><ChevronDown size={13} strokeWidth={1.5} /></button>}>
          {column.menu}
        </Popover>
      )}
      <span
        className={css.grip}
        data-grip="1"
        aria-hidden="true"
        onPointerDown={(e) => { start.current = { x: e.clientX, width }; e.currentTarget.setPointerCapture(e.pointerId); e.preventDefault(); e.stopPropagation() }}
        onDragStart={(e) => e.preventDefault()}
        onPointerMove={(e) => { if (start.current) onResize(column.id, start.current.width + e.clientX - start.current.x) }}
        onPointerUp={() => (start.current = null)}
        onDoubleClick={(e) => {
          e.stopPropagation()
          const cells = [...document.querySelectorAll<HTMLElement>(`[aria-colindex="${index + 1}"]`)]
          onResize(column.id, Math.min(480, Math.max(56, ...cells.map((c) => [...c.children].reduce((w, k) => w + (k as HTMLElement).scrollWidth + 8, 16)))))
        }}
      />
    </div>
  )
}

function readWidths(name: string): Record<string, number> {
  try {
    return JSON.parse(storedText(`columns.${name}`, '{}')) as Record<string, number>
  } catch {
    return {}
  }
}
