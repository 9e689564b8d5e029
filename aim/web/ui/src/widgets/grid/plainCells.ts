// Cells that are text alone, written by hand: elements are used again for other columns, and only what differs is set.

import css from './Grid.module.css'
import type { PlacedColumn } from './column'

/** Widest digit of the table's font, and the padding of a cell; CSS px. Wider texts are clipped, which costs more. */
const CHAR = 9
/** A digit in the fonts that are used. */
const DIGIT = 8
const PADDING = 20

interface Cell {
  readonly node: HTMLDivElement
  placed: PlacedColumn<unknown> | null
  text: string
  tinted: boolean
}

const cellsOf = new WeakMap<HTMLElement, Map<number, Cell>>()

/**
 * Makes the children of `host` the plain cells of one row.
 *
 * `row` undefined: it has not arrived yet. `active`: the index of the active column, or -1.
 */
export function drawPlainCells(
  host: HTMLElement,
  row: unknown,
  columns: readonly PlacedColumn<unknown>[],
  active: number,
  id: string,
): void {
  let cells = cellsOf.get(host)
  if (!cells) cellsOf.set(host, (cells = new Map()))
  const free: Cell[] = []
  const from = columns[0]?.index ?? 0
  const to = columns.length > 0 ? columns[columns.length - 1]!.index + 1 : 0
  for (const [index, cell] of cells) {
    if (index < from || index >= to) {
      cells.delete(index)
      free.push(cell)
    }
  }
  for (const placed of columns) {
    if (!placed.column.plain) {
      const old = cells.get(placed.index)
      if (old) {
        cells.delete(placed.index)
        free.push(old)
      }
      continue
    }
    let cell = cells.get(placed.index)
    if (!cell) {
      cell = free.pop() ?? newCell(host)
      cells.set(placed.index, cell)
    }
    fill(cell, row, placed, active, id)
  }
  for (const { node } of free) node.remove()
}

function newCell(host: HTMLElement): Cell {
  const node = document.createElement('div')
  node.setAttribute('role', 'gridcell')
  host.append(node)
  return { node, placed: null, text: '', tinted: false }
}

function fill(cell: Cell, row: unknown, placed: PlacedColumn<unknown>, active: number, id: string): void {
  const { node } = cell
  const { column, index, left, width } = placed
  let text = row === undefined ? '' : column.plain!(row)
  if (column.within && row !== undefined && text.length * DIGIT + PADDING > width)
    text = column.within(row, Math.max(1, Math.floor((width - PADDING) / DIGIT)))
  const before = cell.placed
  if (before !== placed) {
    if (before?.index !== index) node.setAttribute('aria-colindex', String(index + 1))
    if (before?.left !== left) node.style.left = `${left}px`
    if (before?.width !== width) node.style.width = `${width}px`
  }
  if (cell.text !== text) {
    // One text node for good: to put another in its place costs more than to change it.
    if (node.firstChild) node.firstChild.nodeValue = text
    else node.textContent = text
  }
  const name = `${column.align === 'right' ? css.plainRight : css.plain} ${text.length * CHAR + PADDING > width ? css.clipped : ''} ${active === index ? css.active : ''}`
  if (node.className !== name) node.className = name
  if (active === index) node.id = id
  else if (node.id) node.removeAttribute('id')
  const tint = row === undefined ? null : (column.tint?.(row) ?? null)
  if (tint || cell.tinted) {
    node.style.background = tint?.background ?? ''
    node.style.color = tint?.color ?? ''
  }
  // The tooltip is of the cell that was here before; the pointer sets it again.
  if (node.title && (cell.text !== text || before !== placed)) node.removeAttribute('title')
  cell.placed = placed
  cell.text = text
  cell.tinted = tint !== null
}
