import { toPixel, type Scale } from './scales'
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

/**
 * The lines nearest to a pixel, nearest first, at most `most` of them and none further than `reach` pixels. A bucket is a
 * stroke from min to max, so the distance to it is zero anywhere on it.
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
): Near[] {
  const out: Near[] = []
  // Sequences tracked at the same steps share one array of x: it is searched once.
  let known: Float64Array | null = null
  let i = 0
  let right = 0
  for (let l = 0; l < lines.length; l++) {
    const { series, values } = lines[l]!
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
    }
    let d: number
    const raw = values === series.last
    if (raw && series.min && series.max && series.min[i] !== series.max[i]) {
      const top = toPixel(scaleY, series.max[i]!)
      const bottom = toPixel(scaleY, series.min[i]!)
      d = pixelY < top ? top - pixelY : pixelY > bottom ? pixelY - bottom : 0
    } else {
      // Between two far points the pointer is on the line that joins them, not at either end.
      const v =
        right > 0 && right < x.length
          ? values[right - 1]! +
            ((values[right]! - values[right - 1]!) * (valueX - x[right - 1]!)) / (x[right]! - x[right - 1]!)
          : values[i]!
      d = Math.min(Math.abs(toPixel(scaleY, v) - pixelY), Math.abs(toPixel(scaleY, values[i]!) - pixelY))
    }
    if (!(d <= reach)) continue
    if (out.length < most || d < out[out.length - 1]!.distance) {
      let at = out.length
      while (at > 0 && out[at - 1]!.distance > d) at--
      out.splice(at, 0, { line: l, index: i, distance: d })
      if (out.length > most) out.pop()
    }
  }
  return out
}
