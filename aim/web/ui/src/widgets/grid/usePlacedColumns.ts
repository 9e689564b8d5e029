// Where each column of a grid is.

import { useMemo, useRef } from 'react'
import type { Column, PlacedColumn } from './column'
import type { Widths } from './useWidths'
import { FirstWidths } from './widths'
import { columnEdges } from './window'

/** The first widths are measured on this many rows. */
const MEASURED_ROWS = 60
/** Pinned columns that would leave less of the width to the others scroll with them. */
const MOST_PINNED = 0.6

export interface ColumnPlaces<R> {
  readonly placed: readonly PlacedColumn<R>[]
  /** Left edges, one more than there are columns; CSS px. */
  readonly edges: readonly number[]
  /** How many of the first columns stay at the left. */
  readonly pinned: number
}

interface Options<R> {
  readonly columns: readonly Column<R>[]
  readonly widths: Widths
  readonly count: number
  readonly rowAt: (index: number) => R | undefined
  readonly version: unknown
  /** Of the grid, CSS px. */
  readonly width: number
  /** Columns that were never resized share the room that is left. */
  readonly stretch: boolean
}

export function usePlacedColumns<R>({
  columns,
  widths,
  count,
  rowAt,
  version,
  width,
  stretch,
}: Options<R>): ColumnPlaces<R> {
  const firstWidths = useRef(new FirstWidths<R>()).current
  const hasRows = rowAt(0) !== undefined
  const edges = useMemo(() => {
    const rows = knownRows(rowAt, 0, Math.min(count, MEASURED_ROWS))
    const own = columns.map((c) => widths[c.id] ?? firstWidths.of(c, rows))
    return columnEdges(
      stretch
        ? stretched(
            own,
            columns.map((c) => widths[c.id] === undefined),
            width,
          )
        : own,
    )
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- rows that come later must not move the columns
  }, [columns, widths, hasRows, version, stretch && width])
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
  return { placed, edges, pinned: pinnedCount(columns, edges, width) }
}

/** Widths that take the whole room, where there is more than they need. */
export function stretched(widths: readonly number[], isFree: readonly boolean[], room: number): number[] {
  const spare = room - widths.reduce((sum, w) => sum + w, 0)
  const free = widths.reduce((sum, w, i) => sum + (isFree[i] ? w : 0), 0)
  if (!(spare > 0) || free === 0) return [...widths]
  return widths.map((w, i) => (isFree[i] ? w + Math.floor((spare * w) / free) : w))
}

function pinnedCount<R>(columns: readonly Column<R>[], edges: readonly number[], width: number): number {
  const least = Math.min(1, columns.length)
  let pinned = least
  while (pinned < columns.length && columns[pinned]!.pinned) pinned++
  return edges[pinned]! > width * MOST_PINNED ? least : pinned
}

/** The rows of a span that have arrived. */
export function knownRows<R>(rowAt: (i: number) => R | undefined, from: number, to: number): R[] {
  const out: R[] = []
  for (let i = from; i < to; i++) {
    const row = rowAt(i)
    if (row !== undefined) out.push(row)
  }
  return out
}
