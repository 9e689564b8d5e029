// The texts at the ticks of an axis. Those of one axis always differ, and say their tick to less than half of the
// distance to the next one.

const MINUS = '\u2212'

export interface TickLabels {
  readonly labels: string[]
  /** What has to be added to each label: `1 234 560 +`; empty: nothing. */
  readonly offset: string
}

const SI = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const

/** From here on an axis has SI suffixes: on all of its labels that are large enough for one. */
const SUFFIXED = 1e4
/** From here on numbers are written as `2e15`. */
const LARGE = 1e15
/** An axis with nothing larger than this has powers of ten. */
const SMALL = 1e-3
/** Ticks of a linear axis span less. */
const WIDE = 100
/** Labels longer than this are cut to what differs, where that is shorter. */
const LONG = 7

/** The labels of one axis, each with as many digits as tell it from its neighbours: SI suffixes from 10 000. */
export function tickLabels(ticks: readonly number[]): string[] {
  const sizes = ticks.filter((t) => t !== 0).map(Math.abs)
  const largest = Math.max(0, ...sizes)
  // Over several decades, each tick is written by its own size.
  const isWide = Math.min(...sizes) < largest / WIDE
  return ticks.map((t, i) => {
    const apart = Math.min(
      i > 0 ? Math.abs(t - ticks[i - 1]!) : Infinity,
      i + 1 < ticks.length ? Math.abs(ticks[i + 1]! - t) : Infinity,
    )
    return labelOf(t, apart, largest, isWide ? Math.abs(t) : largest)
  })
}

/** The same, with what all labels have in common in front of the axis where they would be long. */
export function shortLabels(ticks: readonly number[]): TickLabels {
  const labels = tickLabels(ticks)
  const longest = (of: readonly string[]) => Math.max(0, ...of.map((t) => t.length))
  if (ticks.length < 2 || longest(labels) <= LONG) return { labels, offset: '' }
  const offset = commonPart(ticks)
  if (offset === 0) return { labels, offset: '' }
  const short = tickLabels(ticks.map((t) => tidy(t - offset, ticks)))
  if (longest(short) >= longest(labels) || new Set(short).size < short.length) return { labels, offset: '' }
  return { labels: short, offset: `${wholeText(offset)} +` }
}

/** The exponent of a power of ten that is not larger than `v`. */
function exponentOf(v: number): number {
  return Number(v.toExponential(12).split('e')[1])
}

function labelOf(t: number, apart: number, largest: number, about: number): string {
  if (t === 0) return '0'
  const size = Math.abs(t)
  // One digit of the distance is enough: it is 1, 2 or 5 times a power of ten. A tick alone has all of its own.
  const finest = Number.isFinite(apart) && apart > 0 ? exponentOf(apart) : null
  const text =
    size >= LARGE || about < SMALL || (finest !== null && finest < -20)
      ? powerText(size, finest)
      : largest >= SUFFIXED && size >= 1e3
        ? suffixText(size, finest)
        : finest === null
          ? String(size)
          : decimals(size, finest)
  return t < 0 ? MINUS + text : text
}

/** Rounded to the power of ten `finest`, without zeros at its end. */
function decimals(v: number, finest: number): string {
  const text = v.toFixed(Math.min(100, Math.max(0, -finest)))
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function suffixText(size: number, finest: number | null): string {
  const [unit, suffix] = SI.find(([u]) => size >= u)!
  if (finest === null) return `${size / unit}${suffix}`
  const digits = finest - exponentOf(unit)
  // A suffix saves nothing where all digits are needed.
  return finest < 0 ? partThousands(size.toFixed(-finest)) : `${decimals(size / unit, digits)}${suffix}`
}

function powerText(size: number, finest: number | null): string {
  const exponent = Number(size.toExponential().split('e')[1])
  const digits = finest === null ? undefined : Math.min(16, Math.max(0, exponent - finest))
  const [mantissa = '', e] = size.toExponential(digits).split('e')
  return `${mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa}e${Number(e)}`
}

/** The roundest number near the begin of the ticks; 0 where they are not far from it. */
function commonPart(ticks: readonly number[]): number {
  const [lo, hi] = [ticks[0]!, ticks[ticks.length - 1]!]
  const range = hi - lo
  if (!Number.isFinite(range) || !(lo > 0 || hi < 0)) return 0
  for (let e = exponentOf(Math.max(-lo, hi)); e >= exponentOf(range); e--) {
    const unit = Number(`1e${e}`)
    const from = Math.ceil((lo - range) / unit - 1e-9)
    const to = Math.floor(hi / unit + 1e-9)
    if (from > to) continue
    const below = Math.floor(lo / unit + 1e-9)
    return Number(`${below >= from ? below : from}e${e}`)
  }
  return 0
}

/** Without what computing with numbers of this size adds. */
function tidy(v: number, ticks: readonly number[]): number {
  let apart = Infinity
  for (let i = 1; i < ticks.length; i++) apart = Math.min(apart, ticks[i]! - ticks[i - 1]!)
  const finest = exponentOf(apart)
  return finest < -20 ? v : finest >= 0 ? Math.round(v / 10 ** finest) * 10 ** finest : Number(v.toFixed(-finest))
}

function wholeText(v: number): string {
  const size = Math.abs(v)
  const text = size >= LARGE || size < SMALL ? powerText(size, null) : partThousands(String(size))
  return v < 0 ? MINUS + text : text
}

/** `1000000000.0005` with thin spaces between the thousands before the point. */
export function partThousands(text: string): string {
  const [whole = '', part] = text.split('.')
  return whole.replace(/\B(?=(\d{3})+$)/g, '\u2009').replace(/^-/, MINUS) + (part === undefined ? '' : `.${part}`)
}

const UNITS = [
  [86400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const

/** A span of time in the units from `most` down to `least`, without those that are zero. */
function spanParts(seconds: number, finest: number): string[] {
  const places = finest < 1 ? Math.min(20, -exponentOf(finest)) : 0
  let rest = Number(Math.abs(seconds).toFixed(places))
  const out: string[] = []
  for (const [unit, name] of UNITS) {
    const n = unit === 1 ? rest : Math.floor(rest / unit + 1e-12)
    rest = Math.max(0, rest - n * unit)
    if (unit === 1 ? n > 0 || out.length === 0 : n > 0)
      out.push(unit === 1 ? `${n.toFixed(places)}${name}` : `${n}${name}`)
  }
  return out
}

/** The labels of ticks of relative time: seconds with the fractions that tell them apart. */
export function spanLabels(ticks: readonly number[]): string[] {
  const step = ticks.length > 1 ? Math.min(...ticks.slice(1).map((t, i) => t - ticks[i]!)) : 1
  return ticks.map((t) => (t < 0 ? MINUS : '') + spanParts(t, step).join(' '))
}

/** The same, without the days, hours and minutes that all of them have: those are the offset. */
export function shortSpans(ticks: readonly number[]): TickLabels {
  const labels = spanLabels(ticks)
  if (ticks.length < 2 || !(ticks[0]! > 0) || !labels.some((t) => t.length > LONG)) return { labels, offset: '' }
  const [lo, hi] = [ticks[0]!, ticks[ticks.length - 1]!]
  for (const [unit] of [...UNITS].reverse()) {
    const offset = Math.floor(lo / unit) * unit
    if (unit === 1 || offset === 0 || hi - offset >= 2 * unit) continue
    const rest = spanLabels(ticks.map((t) => tidy(t - offset, ticks)))
    return { labels: rest, offset: `${spanLabels([offset])[0]!} +` }
  }
  return { labels, offset: '' }
}

/** `90` -> `1m 30s`; the two largest units that are not zero. */
export function spanLabel(seconds: number): string {
  const sign = seconds < 0 ? MINUS : ''
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

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making a format takes as long as a hundred uses: each is made once. */
function timeText(t: number, options: Intl.DateTimeFormatOptions): string {
  const key = Object.keys(options).join()
  let format = formats.get(key)
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(undefined, options)))
  return format.format(t * 1000)
}

const DATE = { month: 'short', day: 'numeric' } as const
const DATE_YEAR = { ...DATE, year: 'numeric' } as const
const CLOCK = { hour: '2-digit', minute: '2-digit' } as const
const SECOND_CLOCK = { ...CLOCK, second: '2-digit' } as const
const FINE_CLOCK = { ...SECOND_CLOCK, fractionalSecondDigits: 3 } as const

export function clockLabels(ticks: readonly number[]): string[] {
  if (ticks.length === 0) return []
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : 60
  const date = (t: number) => timeText(t, DATE)
  const fullDate = (t: number) => timeText(t, DATE_YEAR)
  const clock = (t: number) => timeText(t, step < 1 ? FINE_CLOCK : step < 60 ? SECOND_CLOCK : CLOCK)
  const isDay = (i: number) => i === 0 || date(ticks[i - 1]!) !== date(ticks[i]!)
  // What is short is tried first; a label must not be there twice.
  const forms = [
    (t: number, i: number) =>
      step >= 86400 ? date(t) : step >= 3600 && isDay(i) ? `${date(t)} ${clock(t)}` : clock(t),
    (t: number) => (step >= 86400 ? fullDate(t) : `${date(t)} ${clock(t)}`),
    (t: number) => `${fullDate(t)} ${clock(t)}`,
  ]
  let labels: string[] = []
  for (const form of forms) {
    labels = ticks.map(form)
    if (new Set(labels).size === labels.length) break
  }
  return labels
}

/** The same; within a millisecond, what follows the second that all of them have. */
export function shortClock(ticks: readonly number[]): TickLabels {
  const labels = clockLabels(ticks)
  if (ticks.length < 2 || ticks[1]! - ticks[0]! >= 1e-3) return { labels, offset: '' }
  const second = Math.floor(ticks[0]!)
  const at = timeText(second, SECOND_CLOCK)
  return { labels: spanLabels(ticks.map((t) => t - second)), offset: `${at} +` }
}
