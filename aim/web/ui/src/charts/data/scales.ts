// Scales map values to pixels. The coefficients are plain numbers, so that drawing loops need no call per point.

export type ScaleKind = 'linear' | 'log'

export interface Scale {
  readonly kind: ScaleKind
  readonly domain: readonly [number, number]
  readonly range: readonly [number, number]
  /** pixel = a * (t - o) + b, where t is the value, or its natural logarithm: what is far from zero keeps its digits. */
  readonly a: number
  readonly b: number
  readonly o: number
}

/** Pixels per unit must be a number: values that are closer together than this are one level on a linear axis. */
const LEAST_SPAN = 1e-300

const LEAST_RATIO = 1 + 1e-6

function inReach(v: number): number {
  return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, v))
}

/** A scale over `domain`; an empty or non-finite one is widened, a log one that is not positive falls back to a decade. */
export function makeScale(kind: ScaleKind, domain: readonly [number, number], range: readonly [number, number]): Scale {
  let [lo, hi] = domain
  if (!Number.isFinite(lo) || !Number.isFinite(hi)) [lo, hi] = kind === 'log' ? [0.1, 1] : [0, 1]
  if (lo > hi) [lo, hi] = [hi, lo]
  if (kind === 'log') {
    if (!(hi > 0)) [lo, hi] = [0.1, 1]
    if (!(lo > 0)) lo = hi / 1e3
    if (lo === hi) [lo, hi] = [Math.max(Number.MIN_VALUE, lo / 2), inReach(hi * 2)]
  } else if (lo === hi) {
    const pad = lo === 0 ? 1 : Math.abs(lo) * 0.1
    ;[lo, hi] = [inReach(lo - pad), inReach(hi + pad)]
  }
  // So short a stretch is straight, and its logarithms are one number.
  if (kind === 'log' && hi / lo < LEAST_RATIO) kind = 'linear'
  if (kind === 'linear' && hi - lo < LEAST_SPAN) [lo, hi] = [lo - LEAST_SPAN, hi + LEAST_SPAN]
  const t0 = kind === 'log' ? Math.log(lo) : lo
  const t1 = kind === 'log' ? Math.log(hi) : hi
  // By halves: the whole may be more than a number holds.
  const a = (range[1] / 2 - range[0] / 2) / (t1 / 2 - t0 / 2)
  const o = Number.isFinite(t1 - t0) ? t0 : 0
  return { kind, domain: [lo, hi], range, a, b: range[0] - a * (t0 - o), o }
}

/** Pixels are kept within what a rasteriser takes; far outside is far outside. */
const FAR = 1e5

export function toPixel(scale: Scale, value: number): number {
  const t = scale.kind === 'log' ? Math.log(value) : value
  const p = scale.a * (t - scale.o) + scale.b
  return p > FAR ? FAR : p < -FAR ? -FAR : p
}

export function toValue(scale: Scale, pixel: number): number {
  const t = (pixel - scale.b) / scale.a + scale.o
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
    return [Math.max(Number.MIN_VALUE, lo / f), inReach(hi * f)]
  }
  const pad = (hi - lo) * share
  return [inReach(lo - pad), inReach(hi + pad)]
}
