import { formatNumber } from '../ui/format'

/** Ticks at 1, 2 or 5 times a power of ten, at most `most` of them. */
export function linearTicks(lo: number, hi: number, most: number): number[] {
  if (!(hi > lo) || most < 1 || !Number.isFinite(hi - lo)) return []
  const raw = (hi - lo) / most
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => Math.floor(hi / s + 1e-9) - Math.ceil(lo / s - 1e-9) + 1 <= most) ?? 20 * power
  const out: number[] = []
  const digits = Math.max(0, -Math.floor(Math.log10(step)))
  for (let i = Math.ceil(lo / step - 1e-9); i <= hi / step + 1e-9; i++) {
    out.push(digits > 20 ? i * step : Number((i * step).toFixed(digits)))
    if (out.length > 1000) break
  }
  return out
}

/** Ticks at 1-2-5 of each decade; thinned to 1, then to every n-th decade, to stay within `most`. */
export function logTicks(lo: number, hi: number, most: number): number[] {
  if (!(lo > 0) || !(hi > lo) || most < 1) return []
  const first = Math.floor(Math.log10(lo))
  const last = Math.ceil(Math.log10(hi))
  const collect = (parts: number[], every: number) => {
    const out: number[] = []
    for (let d = first; d <= last; d++) {
      if ((((d % every) + every) % every) !== 0) continue
      for (const p of parts) {
        const v = Number(`${p}e${d}`)
        if (v >= lo * (1 - 1e-9) && v <= hi * (1 + 1e-9)) out.push(v)
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

/** The labels of one axis: SI suffixes from 10 000, so that all ticks of an axis share one form. */
export function tickLabels(ticks: readonly number[]): string[] {
  const largest = Math.max(0, ...ticks.map(Math.abs))
  if (largest >= 1e4 && largest < 1e15) {
    const [unit, suffix] = SI.find(([u]) => largest >= u) ?? SI[3]
    return ticks.map((t) => (t === 0 ? '0' : `${Number((t / unit).toPrecision(6))}${suffix}`))
  }
  return ticks.map((t) => formatNumber(t, 6))
}

const SPANS = [
  1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
  86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000,
]

/** Ticks of a time axis in seconds, at steps people count in. `offset` is the zone's, so that days start at local midnight. */
export function timeTicks(lo: number, hi: number, most: number, offset = 0): number[] {
  if (!(hi > lo) || most < 1) return []
  const step = SPANS.find((s) => (hi - lo) / s <= most) ?? (hi - lo) / most
  const out: number[] = []
  for (let i = Math.ceil((lo + offset) / step); i * step - offset <= hi && out.length < 1000; i++) out.push(Number((i * step - offset).toPrecision(15)))
  return out
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
  return sign + parts.slice(start, start + 2).filter(([n]) => n > 0).map(([n, u]) => `${n}${u}`).join(' ')
}

export function clockLabels(ticks: readonly number[]): string[] {
  if (ticks.length === 0) return []
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : 60
  const day = step >= 86400
  return ticks.map((t, i) => {
    const d = new Date(t * 1000)
    const date = d.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })
    if (day) return date
    const time = d.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', ...(step < 60 ? { second: '2-digit' } : {}), ...(step < 1 ? { fractionalSecondDigits: 3 } : {}) })
    const changed = i === 0 || new Date(ticks[i - 1]! * 1000).getDate() !== d.getDate()
    return changed && step >= 3600 ? `${date} ${time}` : time
  })
}
