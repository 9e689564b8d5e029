// Turns the path of a line into vertical spans of pixel columns. A sequence runs from left to right, so what it covers in a
// column is one span, however often it goes up and down there. All loops run over typed arrays: this is the inner work of
// a chart of many lines.

import type { Pen } from './lod'

/** Records a path, to be turned into spans. */
export class PathBuffer implements Pen {
  /** x and y of each vertex. */
  at = new Float64Array(4096)
  /** 1 where a vertex begins a new part. */
  moves = new Uint8Array(2048)
  length = 0

  moveTo(x: number, y: number): void {
    this.add(x, y, 1)
  }

  lineTo(x: number, y: number): void {
    this.add(x, y, 0)
  }

  private add(x: number, y: number, move: number): void {
    const n = this.length
    if (n === this.moves.length) this.grow()
    this.at[2 * n] = x
    this.at[2 * n + 1] = y
    this.moves[n] = move
    this.length = n + 1
  }

  private grow(): void {
    const { at, moves } = this
    this.at = new Float64Array(2 * at.length)
    this.moves = new Uint8Array(2 * moves.length)
    this.at.set(at)
    this.moves.set(moves)
  }
}

/** What rises more than this in one column, in pixels, is drawn between dashes too: no spike falls into a gap. */
const STEEP = 4

/** A pattern of dashes as columns that are drawn (1) and columns that are not, `ratio` device pixels for each of its pixels. */
export function dashColumns(pattern: readonly number[], ratio: number): Uint8Array | null {
  if (pattern.length === 0) return null
  return Uint8Array.from(
    pattern.flatMap((length, i) => new Array<number>(Math.max(1, Math.round(length * ratio))).fill(1 - (i % 2))),
  )
}

/** The spans of some lines: of each line and column a top and a bottom, in rows and their fractions. */
export interface SpanRows {
  readonly width: number
  readonly tops: Float32Array
  /** -1 where the line is not in the column. */
  readonly bottoms: Float32Array
}

export const NO_SPAN = -1

/** How far beyond the right edge a vertex still is the one on the edge, in pixels: columns of many points are at their middles. */
const BESIDE = 0.75
const INSIDE = 1e-3
/** Half the width of a line, in pixels. */
const HALF = 0.5

/**
 * Puts the columns that a path covers into the spans of `line`, drawn one pixel wide. Pixels are those of a raster whose left
 * top is at (`left`, `top`) of the path's. Every vertex is on the span of its column. Dashes begin `shift` columns in.
 */
export function coverColumns(
  path: PathBuffer,
  spans: SpanRows,
  line: number,
  left: number,
  top: number,
  dash: Uint8Array | null,
  shift = 0,
): void {
  const { at, moves, length } = path
  const { width, tops, bottoms } = spans
  const base = line * width
  // The column that is open, and what the line covers in it so far.
  let open = -1
  let low = 0
  let high = 0
  let fromX = 0
  let fromY = 0
  for (let i = 0; i < length; i++) {
    let toX = at[2 * i]! - left
    // The last point of all is on the right edge: it is in the last column, not beside it.
    if (toX >= width && toX < width + BESIDE) toX = width - INSIDE
    const toY = at[2 * i + 1]! - top
    if (moves[i] === 1) {
      fromX = toX
      fromY = toY
      continue
    }
    let x0 = fromX
    let y0 = fromY
    let x1 = toX
    let y1 = toY
    fromX = toX
    fromY = toY
    if (x1 < x0) {
      // Only the dash that marks a lone point does so.
      x0 = toX
      x1 = at[2 * i - 2]! - left
      y0 = toY
      y1 = at[2 * i - 1]! - top
    }
    if (!(x1 >= 0) || !(x0 < width)) continue
    let c = Math.floor(x0)
    const last = Math.floor(x1)
    // Also where the line stays in one column: what is a number in some rounds alone makes all of them twice as slow.
    const slope = (y1 - y0) / (x1 - x0)
    // The line at the right edge of the column that it begins in, or at the left edge of the raster.
    let edge = c < 0 ? y0 - slope * x0 : y0 + slope * (c + 1 - x0)
    let begin = y0
    let end = c === last ? y1 : edge
    // Two columns are covered in part: the first and the last, which may be one.
    for (let isLast = c === last; ; isLast = true) {
      const a = begin < end ? begin : end
      const b = begin < end ? end : begin
      if (c < 0) c = -1
      else if (c === open) {
        if (a < low) low = a
        if (b > high) high = b
      } else {
        if (open >= 0) put(tops, bottoms, base + open, low, high, HALF)
        open = c
        low = a
        high = b
      }
      if (isLast) break
      // What crosses a whole column covers as much of it as a stroke one pixel wide across its direction does.
      const stop = last < width ? last : width
      const half = (Math.sqrt(1 + slope * slope) - Math.abs(slope)) / 2
      for (c++; c < stop; c++) {
        const next = edge + slope
        if (slope > 0) put(tops, bottoms, base + c, edge, next, half)
        else put(tops, bottoms, base + c, next, edge, half)
        edge = next
      }
      if (last >= width) break
      begin = edge
      end = y1
      c = last
    }
  }
  if (open >= 0) put(tops, bottoms, base + open, low, high, HALF)
  if (dash !== null) cut(spans, line, dash, shift)
}

function put(tops: Float32Array, bottoms: Float32Array, at: number, low: number, high: number, half: number): void {
  // What is level is one crisp pixel, not two pale ones.
  const top = low === high ? Math.floor(low) : low - half
  const bottom = low === high ? top + 1 : high + half
  if (bottoms[at]! < 0) {
    tops[at] = top
    bottoms[at] = bottom < 0 ? NO_SPAN : bottom
    return
  }
  if (top < tops[at]!) tops[at] = top
  if (bottom > bottoms[at]!) bottoms[at] = bottom
}

function cut({ width, tops, bottoms }: SpanRows, line: number, dash: Uint8Array, shift: number): void {
  const base = line * width
  let phase = -1
  for (let c = 0; c < width; c++) {
    if (phase < 0) {
      if (bottoms[base + c]! < 0) continue
      phase = shift % dash.length
    } else phase = (phase + 1) % dash.length
    if (dash[phase] === 0 && bottoms[base + c]! - tops[base + c]! < STEEP + 2 * HALF) bottoms[base + c] = NO_SPAN
  }
}
