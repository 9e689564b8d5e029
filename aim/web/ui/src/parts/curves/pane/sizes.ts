// How many charts are side by side, how wide and how high they are. Pure.

export type ChartSize = 'S' | 'M' | 'L'

export interface Sizes {
  readonly size: ChartSize
  /** 0: as many as fit. */
  readonly perRow: number
}

export const SIZES: readonly ChartSize[] = ['S', 'M', 'L']
/** Charts in a row, at most: what one can choose. */
export const MOST_PER_ROW = 8

interface Measures {
  /** A chart that is chosen by width is at least as wide, CSS px. */
  readonly width: number
  readonly perRow: number
  /** Least and greatest height, CSS px. */
  readonly height: readonly [number, number]
}

const MEASURES: Record<ChartSize, Measures> = {
  S: { width: 260, perRow: 8, height: [168, 240] },
  M: { width: 360, perRow: 6, height: [208, 360] },
  L: { width: 560, perRow: 4, height: [300, 520] },
}
/** Of the width of a chart, its height: a lower one makes all slopes look flat. */
const RATIO = 0.52

/**
 * As many as fit, and no more than leave the fewest rows: seven charts where six would fit are four and three.
 *
 * @param most Charts of the section that has the most.
 */
export function columnsFor(most: number, width: number, { size, perRow }: Sizes): number {
  if (perRow > 0) return perRow
  const fits = Math.max(1, Math.min(MEASURES[size].perRow, Math.floor(width / MEASURES[size].width)))
  const rows = Math.ceil(Math.max(1, most) / fits)
  return Math.max(1, Math.ceil(most / rows))
}

/** Widths that add up, and begin on device pixels: a canvas that begins between two of them is blurred. */
export function columnWidths(width: number, columns: number, ratio: number): number[] {
  const edge = (i: number) => (i === columns ? width : Math.round((width * ratio * i) / columns) / ratio)
  return Array.from({ length: columns }, (_, i) => edge(i + 1) - edge(i))
}

/** Where all rows of charts fit into a pane of this height, they share it; else the height goes with the width. */
export function rowHeight(columnWidth: number, rows: number, paneHeight: number, size: ChartSize): number {
  const [least, greatest] = MEASURES[size].height
  if (rows * least <= paneHeight) return least
  return Math.max(least, Math.min(greatest, Math.round(columnWidth * RATIO)))
}
