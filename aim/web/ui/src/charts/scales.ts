// Scales map values to pixels. The coefficients are plain numbers, so that drawing loops need no call per point.

export type ScaleKind = 'linear' | 'log'

export interface Scale {
  readonly kind: ScaleKind
  readonly domain: readonly [number, number]
  readonly range: readonly [number, number]
  /** pixel = a * t + b, where t is the value, or its natural logarithm. */
  readonly a: number
  readonly b: number
}

/** A scale over `domain`; an empty or non-finite one is widened, a log one that is not positive falls back to a decade. */
export function makeScale(kind: ScaleKind, domain: readonly [number, number], range: readonly [number, number]): Scale {
  let [lo, hi] = domain
  if (!Number.isFinite(lo) || !Number.isFinite(hi)) [lo, hi] = kind === 'log' ? [0.1, 1] : [0, 1]
  if (lo > hi) [lo, hi] = [hi, lo]
  if (kind === 'log') {
    if (!(hi > 0)) [lo, hi] = [0.1, 1]
    if (!(lo > 0)) lo = hi / 1e3
    if (lo === hi) [lo, hi] = [lo / 2, hi * 2]
  } else if (lo === hi) {
    const pad = lo === 0 ? 1 : Math.abs(lo) * 0.1
    ;[lo, hi] = [lo - pad, hi + pad]
  }
  const t0 = kind === 'log' ? Math.log(lo) : lo
  const t1 = kind === 'log' ? Math.log(hi) : hi
  const a = (range[1] - range[0]) / (t1 - t0)
  return { kind, domain: [lo, hi], range, a, b: range[0] - a * t0 }
}

/** Pixels are kept within what a rasteriser takes; far outside is far outside. */
const FAR = 1e5

export function toPixel(scale: Scale, value: number): number {
  const t = scale.kind === 'log' ? Math.log(value) : value
  const p = scale.a * t + scale.b
  return p > FAR ? FAR : p < -FAR ? -FAR : p
}

export function toValue(scale: Scale, pixel: number): number {
  const t = (pixel - scale.b) / scale.a
  return scale.kind === 'log' ? Math.exp(t) : t
}

/** Shrinks or grows a domain around the value under the cursor. */
export function zoomDomain(scale: Scale, pixel: number, factor: number): [number, number] {
  const [r0, r1] = scale.range
  return [toValue(scale, pixel + (r0 - pixel) * factor), toValue(scale, pixel + (r1 - pixel) * factor)]
}

/** Pads a domain for drawing, in the space of the scale. */
export function padDomain(kind: ScaleKind, lo: number, hi: number, share: number): [number, number] {
  if (kind === 'log' && lo > 0) {
    const f = Math.exp((Math.log(hi) - Math.log(lo)) * share)
    return [lo / f, hi * f]
  }
  const pad = (hi - lo) * share
  return [lo - pad, hi + pad]
}
