// How wide columns have to be for their heads and cells, by the fonts of the page.

import type { Column } from './column'
import { cellText } from './column'

/** Padding of a cell on both sides, and what a head has besides: the sort mark, the menu. CSS px. */
const PADDING = 20
const HEAD_EXTRA = 14
const MENU = 26
export const MIN_WIDTH = 48
/** Room beside the menu for a click that sorts. */
const MIN_FIRST = 76
const MAX_FIT = 480
/** Width limit of a column on a first visit: long texts are cut, and shown whole by tooltip and by fitting. */
const MAX_FIRST = 280
/** The same of a column that says what it needs besides its texts: names of runs. */
const MAX_GROWN = 420

let context: CanvasRenderingContext2D | null | undefined
const known = new Map<string, number>()

/** The width of a text in the font of the table, CSS px. */
export function textWidth(text: string): number {
  const found = known.get(text)
  if (found !== undefined) return found
  if (context === undefined) {
    context = typeof document === 'undefined' ? null : document.createElement('canvas').getContext('2d')
    if (context) context.font = `13px ${getComputedStyle(document.body).fontFamily}`
  }
  const width = context ? Math.ceil(context.measureText(text).width) : text.length * 7
  if (known.size > 5000) known.clear()
  known.set(text, width)
  return width
}

export function headWidth<R>(column: Column<R>): number {
  return textWidth(column.title) + PADDING + HEAD_EXTRA + (column.menu ? MENU : 0)
}

/** Wide enough for the head and for the cells of `rows`. */
export function fitWidth<R>(column: Column<R>, rows: readonly R[], most = MAX_FIT): number {
  // The longest texts by count of characters; measuring each would take longer than drawing them.
  const texts = [...new Set(rows.map((row) => column.plain?.(row) ?? cellText(column, row)))]
    .sort((a, b) => b.length - a.length)
    .slice(0, 4)
  const width = texts.reduce((w, text) => Math.max(w, textWidth(text) + PADDING + 2), headWidth(column))
  return Math.round(Math.min(most, Math.max(MIN_WIDTH, width)))
}

/** Widths of columns that were never resized: the head and the cells of the first rows are readable. Once known, a width stays. */
export class FirstWidths<R> {
  private readonly known = new Map<string, number>()

  of(column: Column<R>, rows: readonly R[]): number {
    const key = `${column.id} ${column.title}`
    const found = this.known.get(key)
    if (found !== undefined) return found
    if (!column.plain) {
      const least = Math.max(column.width, Math.min(headWidth(column), MAX_FIRST))
      if (column.besides === undefined || rows.length === 0) return least
      const width = Math.max(
        least,
        Math.min(MAX_GROWN, fitWidth(column, usual(column, rows), MAX_GROWN) + column.besides),
      )
      this.known.set(key, width)
      return width
    }
    const width = Math.max(MIN_FIRST, fitWidth(column, rows, column.within ? MAX_FIT : MAX_FIRST))
    // Values may still be on their way.
    if (rows.some((row) => !EMPTY.has(column.plain!(row)))) this.known.set(key, width)
    return width
  }
}

/** The rows without the tenth that has the longest texts: a few long names do not push everything else out of sight. */
function usual<R>(column: Column<R>, rows: readonly R[]): R[] {
  const sorted = [...rows].sort((a, b) => cellText(column, a).length - cellText(column, b).length)
  return sorted.slice(0, Math.max(1, Math.ceil(rows.length * 0.9)))
}

const EMPTY = new Set(['', '–'])
