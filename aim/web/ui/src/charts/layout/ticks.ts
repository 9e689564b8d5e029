// Where the ticks of an axis are.

/** The least distance of numbers of this size that can be distinguished: a float64 has 53 binary digits. */
const FINEST = 2 ** -51

/** Ticks at 1, 2 or 5 times a power of ten, at most `most` of them. */
export function linearTicks(lo: number, hi: number, most: number): number[] {
  if (!(hi > lo) || most < 1 || !Number.isFinite(lo) || !Number.isFinite(hi)) return []
  // By parts: the whole range may be more than a number holds.
  const raw = Math.max(hi / most - lo / most, FINEST * Math.max(-lo, hi))
  const exponent = Math.floor(Math.log10(raw))
  // Written as text: powers of ten are not exact when they are computed.
  const step =
    [1, 2, 5, 10]
      .map((m) => Number(`${m}e${exponent}`))
      .find((s) => Math.floor(hi / s + 1e-9) - Math.ceil(lo / s - 1e-9) + 1 <= most) ?? Number(`20e${exponent}`)
  const out: number[] = []
  const digits = Math.max(0, -Math.floor(Math.log10(step)))
  const first = Math.ceil(lo / step - 1e-9)
  for (let n = 0; first + n <= hi / step + 1e-9 && n <= 1000; n++) {
    const at = (first + n) * step
    const tick = digits > 20 ? at : Number(at.toFixed(digits))
    if (tick !== out[out.length - 1]) out.push(tick)
  }
  return out
}

/** Ticks at 1-2-5 of each decade; thinned to 1, then to every n-th decade, to stay within `most`. */
export function logTicks(lo: number, hi: number, most: number): number[] {
  if (!(lo > 0) || !(hi > lo) || !Number.isFinite(hi) || most < 1) return []
  const first = Math.floor(Math.log10(lo))
  const last = Math.ceil(Math.log10(hi))
  const collect = (parts: number[], every: number) => {
    const out: number[] = []
    for (let d = first; d <= last; d++) {
      if (((d % every) + every) % every !== 0) continue
      for (const p of parts) {
        const v = Number(`${p}e${d}`)
        if (v >= lo * (1 - 1e-9) && v <= hi * (1 + 1e-9) && Number.isFinite(v)) out.push(v)
      }
    }
    return out
  }
  for (const parts of [[1, 2, 5], [1, 5], [1]]) {
    const out = collect(parts, 1)
    if (out.length <= most) return out.length >= 2 ? out : linearTicks(lo, hi, most).filter((v) => v > 0)
  }
  for (let every = 2; ; every++) {
    const out = collect([1], every)
    if (out.length <= most || every > 400) return out
  }
}

const SPANS = [
  1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000,
]

const YEAR = 31536000

/** Ticks of a time axis in seconds, at steps people count in. `offset` is the zone's, so that days start at local midnight. */
export function timeTicks(lo: number, hi: number, most: number, offset = 0): number[] {
  if (!(hi > lo) || !Number.isFinite(hi - lo) || most < 1) return []
  // Within milliseconds seconds are divided by ten.
  if ((hi - lo) / most < SPANS[0]! / 2) return linearTicks(lo, hi, most)
  const step = SPANS.find((s) => (hi - lo) / s <= most) ?? Math.ceil((hi - lo) / most / YEAR) * YEAR
  const out: number[] = []
  for (let i = Math.ceil((lo + offset) / step); i * step - offset <= hi && out.length < 1000; i++)
    out.push(Number((i * step - offset).toPrecision(15)))
  return out
}
