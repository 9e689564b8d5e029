import { ChevronDown } from 'lucide-react'
import { memo, useRef, useState, type DragEvent } from 'react'
import { cx } from '../basics'
import { Popover } from '../Popover'
import type { PlacedColumn, SortState } from './column'
import css from './Grid.module.css'

interface Props {
  readonly placed: PlacedColumn<unknown>
  readonly sort: readonly SortState[] | undefined
  readonly onSort: ((by: string, add: boolean) => void) | undefined
  /** `done`: the width stays; otherwise the pointer still moves. */
  readonly onResize: (column: string, width: number, done: boolean) => void
  readonly onFit: (column: string) => void
  readonly onMove?: ((column: string, beside: string, after: boolean) => void) | undefined
}

/** What a dragged head cell carries. */
const DRAG_TYPE = 'application/x-aim-column'

export const HeadCell = memo(function HeadCell({ placed, sort, onSort, onResize, onFit, onMove }: Props) {
  const { column, index, left, width } = placed
  const isResizing = useRef(false)
  const move = useMoveByDragging(placed, onMove, isResizing)
  const at = column.sort ? (sort?.findIndex((s) => s.by === column.sort) ?? -1) : -1
  const state = at >= 0 ? sort![at]! : null
  const sortable = column.sort !== undefined && onSort !== undefined
  return (
    <div
      role="columnheader"
      aria-colindex={index + 1}
      aria-sort={state ? (state.desc ? 'descending' : 'ascending') : sortable ? 'none' : undefined}
      data-sortable={sortable || undefined}
      data-column={column.id}
      className={cx(css.headCell, column.align === 'right' && css.right, column.menu !== undefined && css.withMenu)}
      style={{ left, width }}
      title={column.hint ?? column.title}
      aria-label={column.hint && column.hint !== column.title ? `${column.title}, ${column.hint}` : column.title}
      {...move}
      onClick={(e) => {
        if (sortable && !(e.target as HTMLElement).closest('[data-grip], button')) onSort(column.sort!, e.shiftKey)
      }}
    >
      <span className={css.title}>{column.title}</span>
      {state && (
        <span className={css.sortMark} aria-hidden="true">
          {state.desc ? '↓' : '↑'}
          {sort!.length > 1 ? at + 1 : ''}
        </span>
      )}
      {column.menu && (
        <Popover
          label={`Column ${column.title}`}
          trigger={(t) => (
            <button type="button" tabIndex={-1} className={css.headMenu} aria-label={`Menu of ${column.title}`} {...t}>
              <ChevronDown size={13} strokeWidth={1.5} />
            </button>
          )}
        >
          {column.menu}
        </Popover>
      )}
      <Grip placed={placed} isResizing={isResizing} onResize={onResize} onFit={onFit} />
    </div>
  )
})

/** Attributes of a head cell that is dragged to another place, and on which others are dropped. */
function useMoveByDragging(
  { column }: PlacedColumn<unknown>,
  onMove: Props['onMove'],
  isResizing: { readonly current: boolean },
) {
  const movable = column.movable === true && onMove !== undefined
  const [drop, setDrop] = useState<'before' | 'after' | null>(null)
  return {
    draggable: movable,
    'data-drop': drop ?? undefined,
    onDragStart(e: DragEvent<HTMLElement>) {
      if (!movable || isResizing.current) return e.preventDefault()
      e.dataTransfer.setData(DRAG_TYPE, column.id)
      e.dataTransfer.effectAllowed = 'move'
    },
    onDragOver(e: DragEvent<HTMLElement>) {
      if (!movable || !e.dataTransfer.types.includes(DRAG_TYPE)) return
      e.preventDefault()
      setDrop(sideOf(e))
    },
    onDragLeave: () => setDrop(null),
    onDrop(e: DragEvent<HTMLElement>) {
      const from = e.dataTransfer.getData(DRAG_TYPE)
      setDrop(null)
      if (!movable || !from) return
      e.preventDefault()
      if (from !== column.id) onMove(from, column.id, sideOf(e) === 'after')
    },
  }
}

function sideOf(e: DragEvent<HTMLElement>): 'before' | 'after' {
  const b = e.currentTarget.getBoundingClientRect()
  return e.clientX > b.left + b.width / 2 ? 'after' : 'before'
}

interface GripProps extends Pick<Props, 'placed' | 'onResize' | 'onFit'> {
  /** Set while the pointer holds the grip. */
  readonly isResizing: { current: boolean }
}

/** The right edge of a head cell, which resizes the column. */
function Grip({ placed: { column, width }, isResizing, onResize, onFit }: GripProps) {
  const start = useRef<{ x: number; width: number } | null>(null)
  return (
    <span
      className={css.grip}
      data-grip="1"
      aria-hidden="true"
      title="Drag to resize, double click to fit"
      onPointerDown={(e) => {
        start.current = { x: e.clientX, width }
        isResizing.current = true
        e.currentTarget.setPointerCapture(e.pointerId)
        e.preventDefault()
        e.stopPropagation()
      }}
      onDragStart={(e) => e.preventDefault()}
      onPointerMove={(e) => {
        if (start.current) onResize(column.id, start.current.width + e.clientX - start.current.x, false)
      }}
      onPointerUp={(e) => {
        const from = start.current
        start.current = null
        isResizing.current = false
        if (from && Math.abs(e.clientX - from.x) > 1) onResize(column.id, from.width + e.clientX - from.x, true)
      }}
      onDoubleClick={(e) => {
        e.stopPropagation()
        onFit(column.id)
      }}
    />
  )
}
