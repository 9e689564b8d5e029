// Which rows and columns a grid has to hold. Pure.

export interface Span {
  readonly from: number
  /** One past the last. */
  readonly to: number
}

/** Rows in sight, with `over` more on each side, rounded so that a small scroll changes nothing. */
export function rowSpan(scrollTop: number, height: number, rowHeight: number, count: number, over = 8): Span {
  const chunk = 4
  const first = Math.floor(scrollTop / rowHeight) - over
  const last = Math.ceil((scrollTop + height) / rowHeight) + over
  return {
    from: Math.max(0, Math.floor(first / chunk) * chunk),
    to: Math.min(count, Math.ceil(last / chunk) * chunk),
  }
}

/** Left edges of columns; one more than there are columns, the last being the whole width. */
export function columnEdges(widths: readonly number[]): number[] {
  const out = [0]
  for (const w of widths) out.push(out[out.length - 1]! + w)
  return out
}

/** Columns in sight beside the `pinned` ones, which are always held. */
export function columnSpan(edges: readonly number[], pinned: number, scrollLeft: number, width: number, over = 1): Span {
  const n = edges.length - 1
  const lo = scrollLeft + edges[pinned]!
  const hi = scrollLeft + width
  let from = pinned
  while (from < n && edges[from + 1]! <= lo) from++
  let to = from
  while (to < n && edges[to]! < hi) to++
  return { from: Math.max(pinned, from - over), to: Math.min(n, to + over) }
}
