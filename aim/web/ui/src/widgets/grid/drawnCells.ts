// What the drawn cells of a grid show of their texts.

import { cellText, type Column } from './column'

const MOST_WIDTH = 640
/** Padding of a cell on both sides, and its border; CSS px. */
const PADDING = 22

/** Sets the tooltip of a cell that is cut, or whose full text is longer than what it shows. */
export function setTooltip<R>(cell: HTMLElement, column: Column<R> | undefined, row: R): void {
  if (!column || cell.title || cell.querySelector('input')) return
  const full = cellText(column, row)
  const inner = [cell, ...cell.querySelectorAll<HTMLElement>('*')]
  if (full && (full !== cell.textContent || inner.some((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)))
    cell.title = full
}

/** The width that the drawn cells of a column would take; at least `least`. */
export function drawnWidth(grid: HTMLElement, column: number, least: number): number {
  const cells = [
    ...grid.querySelectorAll<HTMLElement>(
      `[role=gridcell][aria-colindex="${column + 1}"], [role=rowheader][aria-colindex="${column + 1}"]`,
    ),
  ]
  const wanted = cells.map((cell) => {
    const range = document.createRange()
    range.selectNodeContents(cell)
    const texts = [...cell.querySelectorAll<HTMLElement>('*')]
    // A text that is cut has the missing part outside of its box.
    const missing = Math.max(0, ...texts.map((e) => e.scrollWidth - e.clientWidth))
    return range.getBoundingClientRect().width + missing + PADDING
  })
  return Math.min(MOST_WIDTH, Math.max(least, ...wanted))
}
