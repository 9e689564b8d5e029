// Which rows and columns a grid has to hold. Pure.

export interface Span {
  readonly from: number
  /** One past the last. */
  readonly to: number
}

/** Height of the head of a grid, CSS px. */
export const HEAD = 30
/** Rows are added and removed in blocks of this many, so that a small scroll changes nothing. */
const BLOCK = 4
/** Rows held beyond those in sight, on each side: what a scroll shows before the page has heard of it. */
export const OVER = 8

/** Rows in sight, with `over` more on each side. */
export function rowSpan(scrollTop: number, height: number, rowHeight: number, count: number, over = OVER): Span {
  const first = Math.floor(scrollTop / rowHeight) - over
  const last = Math.ceil((scrollTop + height) / rowHeight) + over
  return {
    from: Math.max(0, Math.floor(first / BLOCK) * BLOCK),
    to: Math.min(count, Math.ceil(last / BLOCK) * BLOCK),
  }
}

/** The most rows that `rowSpan` gives for this height: this many elements are enough, each used again for other rows. */
export function rowPool(height: number, rowHeight: number, over = OVER): number {
  return (Math.ceil(height / rowHeight / BLOCK) + 2 + 2 * Math.ceil(over / BLOCK)) * BLOCK
}

/**
 * Indexes of rows in the order of their elements in the document.
 *
 * @param pool How many elements there are; row `i` has element `i % pool`.
 * @param first The row whose element comes first in the document.
 */
export function documentOrder(rows: Span, count: number, pool: number, first: number): number[] {
  const origin = ((first % pool) + pool) % pool
  const out: number[] = []
  for (let i = rows.from; i < Math.min(rows.to, count); i++) out.push(i)
  return out.sort((a, b) => ((a - origin + pool) % pool) - ((b - origin + pool) % pool))
}

/** Left edges of columns; one more than there are columns, the last being the whole width. */
export function columnEdges(widths: readonly number[]): number[] {
  const out = [0]
  for (const w of widths) out.push(out[out.length - 1]! + w)
  return out
}

/** Columns in sight beside the `pinned` ones, which are always held. */
export function columnSpan(
  edges: readonly number[],
  pinned: number,
  scrollLeft: number,
  width: number,
  over = 1,
): Span {
  const n = edges.length - 1
  const lo = scrollLeft + edges[pinned]!
  const hi = scrollLeft + width
  let from = pinned
  while (from < n && edges[from + 1]! <= lo) from++
  let to = from
  while (to < n && edges[to]! < hi) to++
  return { from: Math.max(pinned, from - over), to: Math.min(n, to + over) }
}
