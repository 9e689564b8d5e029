import { toPixel, toValue, type Scale } from './scales'
import { lowerBound, type Series } from '../../base/series'

/** Index whose x is nearest to `value`; -1 in an empty array. */
export function nearestIndex(x: ArrayLike<number>, value: number): number {
  const n = x.length
  if (n === 0) return -1
  const i = lowerBound(x, value)
  if (i === 0) return 0
  if (i === n) return n - 1
  return value - x[i - 1]! <= x[i]! - value ? i - 1 : i
}

/** The point `by` points from the one nearest to `value`, among those from `lo` to `hi`; -1: none is there. */
export function pointWithin(x: ArrayLike<number>, value: number, by: number, lo: number, hi: number): number {
  const first = lowerBound(x, lo)
  let last = lowerBound(x, hi)
  if (last === x.length || x[last]! > hi) last--
  return first > last ? -1 : Math.min(last, Math.max(first, nearestIndex(x, value) + by))
}

/** Value at x: the line between its neighbours; NaN outside the sequence. */
export function valueAt(x: Float64Array, y: Float64Array, at: number): number {
  const n = x.length
  if (n === 0 || at < x[0]! || at > x[n - 1]!) return NaN
  const i = lowerBound(x, at)
  if (x[i] === at || i === 0) return y[i]!
  const share = (at - x[i - 1]!) / (x[i]! - x[i - 1]!)
  return y[i - 1]! + (y[i]! - y[i - 1]!) * share
}

export interface Near {
  readonly line: number
  readonly index: number
  /** Distance in y, in pixels. */
  readonly distance: number
}

/** Strokes this far to the left and right of the pointer are looked at, in pixels. */
const STROKE_REACH = 8
/** Steeper than this, a segment is a stroke: how far it is counts across, not up and down. */
const STEEP = 2
/** So narrow a segment shows no way from one end to the other, in pixels. */
const NARROW = 3

/** Points whose strokes are looked at for one place of the pointer, at most: some take a millisecond. */
const MOST_LOOKED = 50_000
/** Pixels of the x that are looked at; kept, so that a move of the pointer makes no array. */
let across = new Float64Array(256)

/**
 * The lines nearest to a pixel, nearest first, at most `most` of them and none further than `reach` pixels. A line is
 * where it is drawn: on a bucket's stroke from min to max, on the steep strokes of a spike, and at the edge of the plot
 * where its value is beyond it.
 *
 * @param raw Look at the points behind smoothed values.
 */
export function nearestLines(
  lines: readonly { readonly series: Series; readonly values: Float64Array }[],
  scaleX: Scale,
  scaleY: Scale,
  pixelX: number,
  pixelY: number,
  valueX: number,
  reach: number,
  most: number,
  raw = false,
): Near[] {
  const out: Near[] = []
  const low = toValue(scaleX, pixelX - STROKE_REACH)
  const high = toValue(scaleX, pixelX + STROKE_REACH)
  const top = Math.min(scaleY.range[0], scaleY.range[1])
  const bottom = Math.max(scaleY.range[0], scaleY.range[1])
  const { a, b, o } = scaleY
  const isLog = scaleY.kind === 'log'
  const y = (v: number) => {
    const p = a * ((isLog ? Math.log(v) : v) - o) + b
    return p < top ? top : p > bottom ? bottom : p
  }
  // Sequences tracked at the same steps share one array of x: it is searched once.
  let known: Float64Array | null = null
  let i = 0
  let right = 0
  let from = 0
  let to = 0
  let looked = 0
  for (let l = 0; l < lines.length; l++) {
    const { series } = lines[l]!
    const values = raw ? series.last : lines[l]!.values
    const x = series.x
    if (x.length === 0) continue
    const lo = x[0]!
    const hi = x[x.length - 1]!
    // A line that ended well before the pointer is not near it.
    if (valueX < lo && Math.abs(toPixel(scaleX, lo) - pixelX) > reach) continue
    if (valueX > hi && Math.abs(toPixel(scaleX, hi) - pixelX) > reach) continue
    if (x !== known) {
      known = x
      right = lowerBound(x, valueX)
      i =
        right === 0
          ? 0
          : right === x.length
            ? x.length - 1
            : valueX - x[right - 1]! <= x[right]! - valueX
              ? right - 1
              : right
      from = Math.max(0, lowerBound(x, low) - 1)
      to = Math.min(x.length, lowerBound(x, high) + 1)
      if (across.length < to - from) across = new Float64Array(2 * (to - from))
      for (let k = from; k < to; k++) across[k - from] = toPixel(scaleX, x[k]!)
    }
    const min = values === series.last ? series.min : null
    const max = values === series.last ? series.max : null
    let d: number
    if (min && max && min[i] !== max[i]) {
      const above = y(max[i]!)
      const below = y(min[i]!)
      d = pixelY < above ? above - pixelY : pixelY > below ? pixelY - below : 0
    } else {
      // Between two far points the pointer is on the line that joins them, not at either end.
      const v =
        right > 0 && right < x.length
          ? values[right - 1]! +
            ((values[right]! - values[right - 1]!) * (valueX - x[right - 1]!)) / (x[right]! - x[right - 1]!)
          : values[i]!
      d = Math.min(Math.abs(y(v) - pixelY), Math.abs(y(values[i]!) - pixelY))
    }
    let index = i
    // Not where enough lines are under the pointer itself, and not of more points than a move has time for.
    if (!(d <= 1) && looked < MOST_LOOKED && !(out.length === most && out[most - 1]!.distance <= 2)) {
      looked += to - from
      const first = min && max ? (series.first ?? values) : values
      let yBefore = from > 0 ? y(values[from - 1]!) : NaN
      for (let k = from; k < to; k++) {
        const px = across[k - from]!
        const yFirst = y(first[k]!)
        if (min && max && min[k] !== max[k]) {
          const stroke = toStroke(pixelX, pixelY, px, y(min[k]!), px, y(max[k]!), d - 2)
          if (stroke + 2 < d) {
            d = stroke
            index = k
          }
        }
        const before = k > from ? across[k - from - 1]! : k > 0 ? toPixel(scaleX, x[k - 1]!) : NaN
        if (Math.abs(yFirst - yBefore) > STEEP * (px - before)) {
          const stroke = toStroke(pixelX, pixelY, before, yBefore, px, yFirst, d - 2)
          if (stroke + 2 < d) {
            d = stroke
            index = endMeant(k, px - before, pixelX - before, pixelY, values, first, scaleY)
          }
        }
        yBefore = first === values ? yFirst : y(values[k]!)
      }
    }
    if (!(d <= reach)) continue
    if (out.length < most || d < out[out.length - 1]!.distance) {
      let at = out.length
      while (at > 0 && out[at - 1]!.distance > d) at--
      out.splice(at, 0, { line: l, index, distance: d })
      if (out.length > most) out.pop()
    }
  }
  return out
}

/** Distance from a point to a segment, where that is less than `limit`; else Infinity, or NaN. */
function toStroke(x: number, y: number, x0: number, y0: number, x1: number, y1: number, limit: number): number {
  if ((y0 < y1 ? y0 : y1) - y > limit || y - (y0 > y1 ? y0 : y1) > limit) return Infinity
  const dx = x1 - x0
  const dy = y1 - y0
  const length = dx * dx + dy * dy
  const at = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length))
  const ex = x0 + dx * at - x
  const ey = y0 + dy * at - y
  // Not Math.hypot, which is many times slower.
  return Math.sqrt(ex * ex + ey * ey)
}

/** Which end of the steep segment that ends at point `k` is meant: of a spike its peak, else the nearer one. */
function endMeant(
  k: number,
  width: number,
  across: number,
  pixelY: number,
  values: Float64Array,
  first: Float64Array,
  scaleY: Scale,
): number {
  if (width > NARROW) return across < width / 2 ? k - 1 : k
  const y0 = toPixel(scaleY, values[k - 1]!)
  const y1 = toPixel(scaleY, first[k]!)
  const beforeThat = k > 1 ? toPixel(scaleY, values[k - 2]!) : y0
  const afterThat = k + 1 < values.length ? toPixel(scaleY, first[k + 1]!) : y1
  const height = Math.abs(y1 - y0)
  const back = Math.abs(y0 - beforeThat)
  const on = Math.abs(y1 - afterThat)
  if (on > height / 2 && on >= back) return k
  if (back > height / 2) return k - 1
  return Math.abs(pixelY - y0) < Math.abs(pixelY - y1) ? k - 1 : k
}
