import { digitsTelling, formatNumber } from '../../base/format'

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

const SI = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const

/** Digits of a label that is not about a small difference. */
const LABEL_DIGITS = 6
/** Beyond this size numbers are not written out, not even to show where they differ. */
const WRITTEN_OUT = 1e18

/**
 * The labels of one axis, all of one form, with as many digits as tell its ticks apart: SI suffixes from 10 000, but all
 * digits where a small difference far from zero needs them.
 */
export function tickLabels(ticks: readonly number[]): string[] {
  const largest = Math.max(0, ...ticks.map(Math.abs))
  let step = Infinity
  let digits = LABEL_DIGITS
  for (let i = 1; i < ticks.length; i++) {
    const apart = Math.abs(ticks[i]! - ticks[i - 1]!)
    step = Math.min(step, apart)
    // One digit of the step is enough: it is 1, 2 or 5 times a power of ten.
    digits = Math.max(digits, digitsTelling(10 * apart, Math.max(Math.abs(ticks[i]!), Math.abs(ticks[i - 1]!))))
  }
  if (digits > LABEL_DIGITS && largest >= 1e4 && largest < WRITTEN_OUT) {
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
    return ticks.map((t) => partThousands(t.toFixed(Math.min(20, decimals))))
  }
  // Over several decades each tick has its own: `0.001k` for 1 reads badly.
  const smallest = Math.min(...ticks.filter((t) => t !== 0).map(Math.abs))
  return ticks.map((t) => withSuffix(t, smallest < largest / SPREAD ? Math.abs(t) : largest, digits))
}

/** Ticks of a linear axis span less. */
const SPREAD = 100

function withSuffix(tick: number, size: number, digits: number): string {
  if (tick === 0 || size < 1e4 || size >= 1e15) return formatNumber(tick, digits)
  const [unit, suffix] = SI.find(([u]) => size >= u) ?? SI[3]
  return `${Number((tick / unit).toPrecision(digits))}${suffix}`
}

/** `1000000000.0005` with thin spaces between the thousands before the point. */
function partThousands(text: string): string {
  const [whole = '', part] = text.split('.')
  return whole.replace(/\B(?=(\d{3})+$)/g, '\u2009').replace(/^-/, '\u2212') + (part === undefined ? '' : `.${part}`)
}

const SPANS = [
  1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000,
]

/** Ticks of a time axis in seconds, at steps people count in. `offset` is the zone's, so that days start at local midnight. */
export function timeTicks(lo: number, hi: number, most: number, offset = 0): number[] {
  if (!(hi > lo) || !Number.isFinite(hi - lo) || most < 1) return []
  const step = SPANS.find((s) => (hi - lo) / s <= most) ?? (hi - lo) / most
  const out: number[] = []
  for (let i = Math.ceil((lo + offset) / step); i * step - offset <= hi && out.length < 1000; i++)
    out.push(Number((i * step - offset).toPrecision(15)))
  return out
}

/** The labels of ticks of relative time: seconds with the fractions that tell them apart. */
export function spanLabels(ticks: readonly number[]): string[] {
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : 1
  if (step >= 1) return ticks.map(spanLabel)
  const decimals = Math.min(20, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)))
  return ticks.map((t) => {
    const whole = Math.floor(Math.abs(t) / 60) * 60
    const rest = `${(Math.abs(t) - whole).toFixed(decimals)}s`
    return (t < 0 ? '−' : '') + (whole > 0 ? `${spanLabel(whole)} ${rest}` : rest)
  })
}

/** `90` -> `1m 30s`; the two largest units that are not zero. */
export function spanLabel(seconds: number): string {
  const sign = seconds < 0 ? '−' : ''
  const s = Math.abs(seconds)
  if (s < 60) return `${sign}${Number(s.toPrecision(3))}s`
  const parts: [number, string][] = [
    [Math.floor(s / 86400), 'd'],
    [Math.floor(s / 3600) % 24, 'h'],
    [Math.floor(s / 60) % 60, 'm'],
    [Math.floor(s) % 60, 's'],
  ]
  const start = parts.findIndex(([n]) => n > 0)
  return (
    sign +
    parts
      .slice(start, start + 2)
      .filter(([n]) => n > 0)
      .map(([n, u]) => `${n}${u}`)
      .join(' ')
  )
}

export function clockLabels(ticks: readonly number[]): string[] {
  if (ticks.length === 0) return []
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : 60
  const day = step >= 86400
  return ticks.map((t, i) => {
    const d = new Date(t * 1000)
    const date = d.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })
    if (day) return date
    const time = d.toLocaleTimeString(undefined, {
      hour: '2-digit',
      minute: '2-digit',
      ...(step < 60 ? { second: '2-digit' } : {}),
      ...(step < 1 ? { fractionalSecondDigits: 3 } : {}),
    })
    const changed = i === 0 || new Date(ticks[i - 1]! * 1000).getDate() !== d.getDate()
    return changed && step >= 3600 ? `${date} ${time}` : time
  })
}
