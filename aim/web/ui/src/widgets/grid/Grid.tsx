import { useCallback, useId, useMemo, useRef } from 'react'
import { useSettings } from '../../base/stores'
import type { Column, PlacedColumn, SortState } from './column'
import { drawnWidth } from './drawnCells'
import css from './Grid.module.css'
import { GridHead } from './GridHead'
import { GridRow } from './GridRow'
import { gridPointer } from './gridPointer'
import { onGridKey, useCursor } from './useCursor'
import { usePrinted } from './printed'
import { useGridView, useReportRows, useSize } from './useGridView'
import { knownRows, usePlacedColumns } from './usePlacedColumns'
import { useWidths, type Widths } from './useWidths'
import { fitWidth } from './widths'
import { documentOrder, HEAD, rowPool, type Span } from './window'

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
  /** Columns take the whole width, where there is more than they need. */
  readonly stretch?: boolean
  /** Widths by column, where the page keeps them; else this browser does. */
  readonly widths?: Widths
  readonly onWidth?: (column: string, width: number) => void
}

/** Rows and columns both windowed, some columns pinned. Sorting, filtering and grouping are the server's. */
export function Grid<R>(props: Props<R>) {
  const { columns, count, rowAt, rowKey, runOf, selected, version, reveal, onActive, onScrolledTop } = props
  const id = useId()
  const rowHeight = useSettings((s) => s.density) === 'regular' ? 36 : 28
  const host = useRef<HTMLDivElement>(null)
  const size = useSize(host)
  const { widths, resize } = useWidths(props.name, props.widths, props.onWidth)
  const { placed, edges, pinned } = usePlacedColumns({
    columns,
    widths,
    count,
    rowAt,
    version,
    width: size.width,
    stretch: props.stretch ?? false,
  })
  const hasRows = rowAt(0) !== undefined
  const shape = { count, rowHeight, edges, pinned }
  const printed = usePrinted(count, edges)
  const { view, shown, first, onScroll } = useGridView(host, {
    ...shape,
    size,
    hasRows,
    onScrolledTop,
    printed: printed?.view ?? null,
  })
  useReportRows(view.rows, props.onRows)
  const cursor = useCursor(host, { ...shape, columns, rowAt, reveal, onActive })
  const { active } = cursor
  const fit = useCallback(
    (column: string) => {
      const c = columns.find((k) => k.id === column)
      if (!c) return
      const rows = knownRows(rowAt, shown.current.rows.from, Math.min(count, shown.current.rows.to))
      resize(column, c.plain ? fitWidth(c, rows) : drawnWidth(host.current!, columns.indexOf(c), fitWidth(c, [])), true)
    },
    [columns, count, resize, rowAt, shown],
  )

  const { rows, cols } = view
  const visible = useMemo(
    () => placed.slice(Math.max(pinned, cols.from), cols.to) as readonly PlacedColumn<unknown>[],
    [placed, pinned, cols.from, cols.to],
  )
  const pins = useMemo(() => placed.slice(0, pinned) as readonly PlacedColumn<unknown>[], [placed, pinned])
  const width = edges[edges.length - 1] ?? 0
  const pinWidth = edges[pinned] ?? 0
  // Elements are used again: those that scroll out of sight become the rows that come into it, at the same place in the
  // document. Once nothing moves, the document's order becomes that of the rows.
  const pool = Math.max(rowPool(size.height - HEAD, rowHeight), rows.to - rows.from)
  const { sort, onSort, onMoveColumn } = props
  return (
    <div
      ref={host}
      className={css.grid}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      aria-multiselectable={selected ? true : undefined}
      data-active={active.row >= 0 || undefined}
      aria-activedescendant={
        active.row >= rows.from && active.row < rows.to ? `${id}-${active.row}-${active.col}` : undefined
      }
      onScroll={onScroll}
      style={printed?.style}
      onKeyDown={(e) => onGridKey(e, { ...props, ...cursor, size, rowHeight })}
      {...gridPointer({ ...props, setActive: cursor.setActive })}
    >
      <div className={css.sizer} style={{ width, height: HEAD + count * rowHeight }}>
        <GridHead {...{ pins, visible, pinWidth, width, sort, onSort, onMoveColumn }} onResize={resize} onFit={fit} />
        {documentOrder(rows, count, pool, first).map((i) => {
          const row = rowAt(i)
          return (
            <GridRow
              key={i % pool}
              index={i}
              gridId={id}
              row={row}
              run={row && runOf ? runOf(row) : undefined}
              top={HEAD + i * rowHeight}
              width={width}
              pins={pins}
              pinWidth={pinWidth}
              cells={visible}
              activeCol={active.row === i ? active.col : -1}
              selected={Boolean(row && selected?.has(rowKey(row)))}
              selectable={Boolean(selected)}
              link={Boolean(props.onOpen)}
              version={version}
            />
          )
        })}
      </div>
    </div>
  )
}
