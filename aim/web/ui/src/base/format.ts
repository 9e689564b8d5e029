import { jsonText, WholeFloat, type Whole } from './api/json'

// Numbers, counts, times as the UI writes them. Copying always gives full precision, so these are for reading only.

const MINUS = '\u2212'
const SMALLEST = 1e-4
const LARGEST = 1e6

function nonfinite(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : `${MINUS}∞`
}

function scientific(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string]
  return `${mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa}e${Number(exponent)}`
}

/** Significant digits of a single number. */
export const DIGITS = 4
/** A float64 has no more. */
const MOST_DIGITS = 17

/** How many significant digits numbers of this size need to show differences of this size. */
export function digitsTelling(difference: number, size: number, least = DIGITS): number {
  if (!(difference > 0) || !Number.isFinite(difference) || !Number.isFinite(size)) return least
  // Two digits of the difference itself.
  return Math.min(MOST_DIGITS, Math.max(least, Math.floor(Math.log10(size)) - Math.floor(Math.log10(difference)) + 2))
}

/** How many significant digits distinguish some numbers: `least`, or more where they are close together for their size. */
export function digitsFor(values: Iterable<number | null | undefined>, least = DIGITS): number {
  let lo = Infinity
  let hi = -Infinity
  for (const v of values) {
    if (v === null || v === undefined || !Number.isFinite(v)) continue
    if (v < lo) lo = v
    if (v > hi) hi = v
  }
  return digitsTelling(hi - lo, Math.max(Math.abs(lo), Math.abs(hi)), least)
}

/** Digits for a table of last, lowest and highest values: they tell apart those of each row, and those of each column. */
export function digitsOfTrios(rows: readonly (readonly (number | null | undefined)[])[]): number {
  let digits = DIGITS
  for (const row of rows) digits = digitsFor(row, digits)
  for (let c = 0; c < 3; c++)
    digits = digitsFor(
      rows.map((r) => r[c]),
      digits,
    )
  return digits
}

/** Numbers below this are written out; those with many digits longer, so that one sees where they differ. */
function largest(digits: number): number {
  return digits > 6 ? 10 ** Math.min(digits, 16) : LARGEST
}

/** Digits at most for a number that is nearly a power of ten. */
const NEAR_DIGITS = 9

/**
 * More digits for a number that would be rounded up to a power of ten: an accuracy of 0.99999 is not 1. The float32 of a
 * power is that power: points come to charts as float32, where 0.01 is 0.0099999998.
 */
function digitsBelow(value: number, digits: number): number {
  const size = Math.abs(value)
  const rounded = Number(size.toPrecision(digits))
  if (!(rounded > size) || rounded !== Number(`1e${Math.round(Math.log10(rounded))}`)) return digits
  if (Math.fround(rounded) === size) return digits
  for (let d = digits + 1; d <= NEAR_DIGITS; d++) if (Number(size.toPrecision(d)) < rounded) return d
  return digits
}

/** How the numbers of a column are written: one notation for all of them; `scientific` left out: each by its size. */
export interface NumberStyle {
  readonly digits: number
  readonly scientific?: boolean
}

/** Columns whose numbers are all at least this and below that are written out. */
const LEAST_PLAIN = 1e-6
const LARGEST_PLAIN = 1e9

/**
 * The style for numbers between `lo` and `hi` of which the smallest, 0 left out, has the size `least`; null where each of
 * them by itself is written like the others.
 */
export function styleFor(lo: number, hi: number, least: number): NumberStyle | null {
  const most = Math.max(Math.abs(lo), Math.abs(hi))
  const digits = digitsTelling(hi - lo, most)
  const isMixed = (least < SMALLEST && most >= SMALLEST) || (least < largest(digits) && most >= largest(digits))
  if (isMixed) return { digits, scientific: least < LEAST_PLAIN || most >= LARGEST_PLAIN }
  return digits > DIGITS ? { digits } : null
}

function inNotation(value: number, digits: number, isScientific: boolean, isAligned: boolean): string {
  if (isScientific) return isAligned ? value.toExponential(digits - 1).replace(/e\+?/, 'e') : scientific(value, digits)
  const decimals = digits - 1 - Math.floor(Math.log10(Math.abs(value)))
  const text = value.toFixed(Math.min(100, Math.max(0, decimals)))
  return isAligned || !text.includes('.') ? text : text.replace(/\.?0+$/, '')
}

/** A number of a column: see NumberStyle. `isAligned`: with the zeros that make the column line up. */
export function formatStyled(value: number | null | undefined, style: NumberStyle, isAligned: boolean): string {
  const { digits, scientific: isScientific } = style
  if (isScientific === undefined || value === null || value === undefined || !Number.isFinite(value) || value === 0)
    return isAligned ? formatCell(value, digits) : formatNumber(value, digits)
  return inNotation(value, digitsBelow(value, digits), isScientific, isAligned).replace(/^-/, MINUS)
}

/** A number in `room` characters: with fewer digits rather than cut, as short as it gets. */
export function formatWithin(value: number | bigint, style: NumberStyle, isAligned: boolean, room: number): string {
  let text = ''
  const n = Number(value)
  if (!Number.isFinite(n)) return nonfinite(n)
  for (let digits = style.digits; digits > 0; digits--) {
    text = formatStyled(n, { ...style, digits }, isAligned)
    if (text.length <= room) return text
  }
  for (let digits = Math.min(4, style.digits); digits > 0; digits--) {
    text = scientific(n, digits).replace(/^-/, MINUS)
    if (text.length <= room) break
  }
  return text
}

/** `digits` significant digits; scientific under 1e-4 and from 1e6. */
export function formatNumber(value: number | null | undefined, digits = DIGITS): string {
  if (value === null || value === undefined) return '–'
  if (!Number.isFinite(value)) return nonfinite(value)
  if (value === 0) return '0'
  digits = digitsBelow(value, digits)
  const shown = Number.isInteger(value) ? value : Number(value.toPrecision(digits))
  const size = Math.abs(shown)
  const text = size < SMALLEST || size >= largest(digits) ? scientific(value, digits) : String(shown)
  return text.replace(/^-/, MINUS)
}

/** As formatNumber, with the trailing zeros that make a column of numbers line up: `0.1420`. */
export function formatCell(value: number | null | undefined, digits = DIGITS): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return formatNumber(value)
  digits = digitsBelow(value, digits)
  const size = Math.abs(Number(value.toPrecision(digits)))
  if (Number.isInteger(value) || size < SMALLEST || size >= 10 ** Math.min(digits, 16))
    return formatNumber(value, digits)
  return value.toPrecision(digits).replace(/^-/, MINUS)
}

/** `10432` -> `10 432`, with thin spaces. */
export function formatCount(n: Whole): string {
  if (typeof n === 'number' && !Number.isFinite(n)) return nonfinite(n)
  const rounded = typeof n === 'bigint' ? n : Math.round(n)
  if (typeof rounded === 'number' && Math.abs(rounded) >= 1e21) return formatNumber(rounded)
  return String(rounded)
    .replace(/\B(?=(\d{3})+$)/g, '\u2009')
    .replace(/^-/, MINUS)
}

/** All of its digits, as a program reads it. */
export function fullNumber(value: Whole | null | undefined): string {
  return value === null || value === undefined
    ? ''
    : typeof value === 'bigint'
      ? String(value)
      : Number.isFinite(value)
        ? String(value)
        : Number.isNaN(value)
          ? 'nan'
          : value > 0
            ? 'inf'
            : '-inf'
}

export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–'
  if (seconds < 0.9995) return `${Math.round(Math.max(0, seconds) * 1000)} ms`
  if (seconds < 60) return `${Math.floor(seconds + 0.0005)}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${Math.floor(seconds % 60)}s`
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`
  return `${Math.floor(seconds / 86400)}d ${Math.floor((seconds % 86400) / 3600)}h`
}

/** A format of dates that is made on first use and kept: making one takes as long as a hundred uses. */
export function dateFormat(options: Intl.DateTimeFormatOptions): () => Intl.DateTimeFormat {
  let made: Intl.DateTimeFormat | null = null
  return () => (made ??= new Intl.DateTimeFormat(undefined, options))
}

const dateTime = dateFormat({ dateStyle: 'medium', timeStyle: 'long' })
const day = dateFormat({ dateStyle: 'medium' })
const clock = dateFormat({ hour: '2-digit', minute: '2-digit' })

/** Whether a time in seconds is one that a calendar can show: those of points may be anything. */
export function isTime(at: number | null | undefined): at is number {
  return typeof at === 'number' && Math.abs(at) <= 8.64e12
}

export function formatDateTime(at: number | null | undefined): string {
  if (!isTime(at)) return '–'
  return dateTime().format(at * 1000)
}

/** A day, without its time. */
export function formatDay(at: number): string {
  if (!isTime(at)) return '–'
  return day().format(at * 1000)
}

/** Relative under 7 days, else the date. */
export function formatAgo(at: number | null | undefined, now = Date.now() / 1000): string {
  if (!isTime(at)) return '–'
  const s = now - at
  if (s < -60) return formatDay(at)
  if (s < 10) return 'just now'
  if (s < 60) return `${Math.floor(s)}s ago`
  if (s < 3600) return `${Math.floor(s / 60)} min ago`
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`
  if (s < 7 * 86400) return `${Math.floor(s / 86400)} d ago`
  return formatDay(at)
}

export function formatClock(at: number): string {
  return clock().format(at * 1000)
}

/** Powers of 1000, three digits. */
export function formatBytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let shown = n
  let unit = 0
  while (Number(shown.toPrecision(3)) >= 1000 && unit < units.length - 1) {
    shown /= 1000
    unit++
  }
  return `${Number(shown.toPrecision(3))} ${units[unit]}`
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`
}

/** Of a param that is a fraction, at least. */
const VALUE_DIGITS = 6

/** Any param value as one line of text. Whole numbers are seeds and ids more often than quantities: they have all their digits. */
export function formatValue(value: unknown, style: NumberStyle = { digits: 0 }): string {
  if (value === null) return 'None'
  if (value === undefined) return '–'
  if (typeof value === 'bigint' || value instanceof WholeFloat || Number.isSafeInteger(value))
    return String(value).replace(/^-/, MINUS)
  if (typeof value === 'number')
    return formatStyled(value, { ...style, digits: Math.max(style.digits, VALUE_DIGITS) }, false)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return value
  return jsonText(value)
}

/** The same with all digits: two values have the same text only where they are one. */
export function exactText(value: unknown): string {
  if (value instanceof WholeFloat) return String(value)
  return typeof value === 'number' || typeof value === 'bigint' ? fullNumber(value) : formatValue(value)
}
