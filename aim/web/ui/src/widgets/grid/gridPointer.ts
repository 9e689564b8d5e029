// What the pointer does in a grid.

import type { MouseEvent, PointerEvent } from 'react'
import { clearHover, setHover } from '../../base/hover'
import type { Column } from './column'
import { setTooltip } from './drawnCells'
import type { Cell } from './useCursor'

interface Options<R> {
  readonly columns: readonly Column<R>[]
  readonly rowAt: (index: number) => R | undefined
  readonly setActive: (cell: Cell) => void
  readonly runOf?: ((row: R) => string) | undefined
  readonly onToggle?: ((row: R, index: number, range: boolean) => void) | undefined
  readonly onActive?: ((row: R | undefined, index: number) => void) | undefined
  readonly onOpen?: ((row: R, column: string) => void) | undefined
  readonly onEdit?: ((row: R, column: string) => boolean) | undefined
}

/** Handlers for the element of the grid. */
export function gridPointer<R>({ columns, rowAt, setActive, runOf, onToggle, onActive, onOpen, onEdit }: Options<R>) {
  const find = (e: MouseEvent): { row: R; index: number } | null => {
    const el = (e.target as HTMLElement).closest<HTMLElement>('[aria-rowindex]')
    if (!el) return null
    const index = Number(el.getAttribute('aria-rowindex')) - 2
    const row = index >= 0 ? rowAt(index) : undefined
    return row ? { row, index } : null
  }
  return {
    onPointerOver(e: PointerEvent) {
      const at = find(e)
      if (!at) return
      const cell = cellOf(e)
      if (cell) setTooltip(cell, columns[columnIndex(cell)], at.row)
      if (runOf) setHover({ run: runOf(at.row), line: null, x: null, chart: null, group: null })
    },
    onPointerLeave() {
      if (runOf) clearHover()
    },
    onClick(e: MouseEvent) {
      const at = find(e)
      if (!at) return
      const target = e.target as HTMLElement
      const cell = cellOf(e)
      const col = cell ? columnIndex(cell) : 0
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
    },
    onDoubleClick(e: MouseEvent) {
      const at = find(e)
      const cell = cellOf(e)
      if (at && cell) onEdit?.(at.row, columns[columnIndex(cell)]!.id)
    },
  }
}

const cellOf = (e: MouseEvent) => (e.target as HTMLElement).closest<HTMLElement>('[aria-colindex]')
const columnIndex = (cell: HTMLElement) => Number(cell.getAttribute('aria-colindex')) - 1
