// What a grid knows of its columns.

import type { ReactNode } from 'react'

export interface Tint {
  readonly background: string
  readonly color: string
}

export interface Column<R> {
  readonly id: string
  readonly title: string
  readonly width: number
  readonly align?: 'right'
  /** Sort key of the server; none: not sortable. */
  readonly sort?: string
  /** The full name, where the title is short for it. */
  readonly hint?: string
  /** May be dragged to another place among the movable ones. */
  readonly movable?: boolean
  /** Stays at the left while the others scroll; such columns come first. The first column always does. */
  readonly pinned?: boolean
  /** The cell, where it is more than text. */
  readonly render?: (row: R, index: number) => ReactNode
  /** The cell is this text and nothing else: put into the page without React, at a fraction of the cost. */
  readonly plain?: (row: R) => string
  /** The text of a plain cell in so many characters, for numbers: they are never cut. */
  readonly within?: (row: R, characters: number) => string
  /** Room that the cell takes besides its text: a first width grows with the texts; none: the width is as given. CSS px. */
  readonly besides?: number
  /** Colours of a plain cell. */
  readonly tint?: (row: R) => Tint | null
  /** Items of the menu in the column's head. */
  readonly menu?: (close: () => void) => ReactNode
  /** Full text of the cell, for the tooltip. */
  readonly text?: (row: R) => string
}

export interface SortState {
  readonly by: string
  readonly desc: boolean
}

/** A column with its place. */
export interface PlacedColumn<R> {
  readonly column: Column<R>
  readonly index: number
  readonly left: number
  readonly width: number
}

export function cellText<R>(column: Column<R>, row: R): string {
  return column.text?.(row) ?? column.plain?.(row) ?? ''
}
