// The active cell of a grid, and the keys that move it or act on its row.

import { useCallback, useEffect, useState, type KeyboardEvent, type RefObject } from 'react'
import type { Column } from './column'
import type { Size } from './useGridView'
import { HEAD } from './window'

export interface Cell {
  /** -1: none. */
  readonly row: number
  readonly col: number
}

interface Options<R> {
  readonly columns: readonly Column<R>[]
  readonly count: number
  readonly rowAt: (index: number) => R | undefined
  readonly rowHeight: number
  readonly edges: readonly number[]
  readonly pinned: number
  readonly reveal: number | null | undefined
  readonly onActive: ((row: R | undefined, index: number) => void) | undefined
}

/** `move` makes a cell active and scrolls to it; both indexes are clamped. */
export function useCursor<R>(host: RefObject<HTMLDivElement | null>, options: Options<R>) {
  const { columns, count, rowAt, rowHeight, edges, pinned, reveal, onActive } = options
  const [active, setActive] = useState<Cell>({ row: -1, col: 0 })
  const show = useCallback(
    (row: number, col?: number) => {
      const h = host.current
      if (!h) return
      const top = row * rowHeight
      if (top < h.scrollTop) h.scrollTop = top
      else if (top + rowHeight > h.scrollTop + h.clientHeight - HEAD)
        h.scrollTop = top + rowHeight - h.clientHeight + HEAD
      if (col === undefined || col < pinned) return
      const left = edges[col]!
      const right = edges[col + 1]!
      if (left - edges[pinned]! < h.scrollLeft) h.scrollLeft = left - edges[pinned]!
      else if (right > h.scrollLeft + h.clientWidth) h.scrollLeft = right - h.clientWidth
    },
    [host, edges, pinned, rowHeight],
  )
  useEffect(() => {
    if (reveal !== null && reveal !== undefined && reveal >= 0) show(reveal)
  }, [reveal, show])
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
  return { active, setActive, move }
}

interface KeyOptions<R> {
  readonly active: Cell
  readonly move: (row: number, col: number) => void
  readonly columns: readonly Column<R>[]
  readonly count: number
  readonly rowAt: (index: number) => R | undefined
  readonly size: Size
  readonly rowHeight: number
  readonly onToggle?: ((row: R, index: number, range: boolean) => void) | undefined
  readonly onPeek?: ((row: R) => void) | undefined
  readonly onOpen?: ((row: R, column: string) => void) | undefined
  readonly onEdit?: ((row: R, column: string) => boolean) | undefined
}

export function onGridKey<R>(e: KeyboardEvent<HTMLElement>, options: KeyOptions<R>): void {
  // Keys in a field or a button of a cell are that element's.
  if (e.target !== e.currentTarget) return
  if (!moveByKey(e, options) && !actByKey(e, options)) return
  e.preventDefault()
  e.stopPropagation()
}

/** Whether the key moves the active cell. */
function moveByKey<R>(
  e: KeyboardEvent,
  { active, move, columns, count, rowAt, size, rowHeight, onToggle }: KeyOptions<R>,
) {
  const { row, col } = active
  const page = Math.max(1, Math.floor(size.height / rowHeight) - 2)
  const last = columns.length - 1
  if (e.key === 'ArrowDown' || e.key === 'j') {
    if (e.shiftKey && e.key === 'ArrowDown') {
      const next = rowAt(Math.min(count - 1, row + 1))
      if (next) onToggle?.(next, row + 1, false)
    }
    move(row + 1, col)
  } else if (e.key === 'ArrowUp' || e.key === 'k') move(row - 1, col)
  else if (isModified(e)) {
    if (e.key === 'Home') move(0, 0)
    else if (e.key === 'End') move(count - 1, last)
    else return false
  } else if (e.key === 'ArrowRight') move(Math.max(0, row), col + 1)
  else if (e.key === 'ArrowLeft') move(Math.max(0, row), col - 1)
  else if (e.key === 'PageDown') move(row + page, col)
  else if (e.key === 'PageUp') move(row - page, col)
  else if (e.key === 'Home') move(row, 0)
  else if (e.key === 'End') move(row, last)
  else return false
  return true
}

/** Whether the key does something with the active row. */
function actByKey<R>(e: KeyboardEvent, { active, columns, rowAt, onToggle, onPeek, onOpen, onEdit }: KeyOptions<R>) {
  const { row, col } = active
  const at = row >= 0 && !isModified(e) ? rowAt(row) : undefined
  if (!at) return false
  if (e.key === ' ' || e.key === 'x') onToggle?.(at, row, e.shiftKey)
  else if (e.key === 'o' && onPeek) onPeek(at)
  else if (e.key === 'Enter' || e.key === 'o') onOpen?.(at, columns[col]!.id)
  else if (e.key === 'F2' || e.key === 'e') return onEdit?.(at, columns[col]!.id) ?? false
  else return false
  return true
}

const isModified = (e: KeyboardEvent) => e.ctrlKey || e.metaKey || e.altKey
