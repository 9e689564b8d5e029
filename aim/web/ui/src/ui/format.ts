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

/** `digits` significant digits; scientific under 1e-4 and from 1e6. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return '–'
  if (!Number.isFinite(value)) return nonfinite(value)
  if (value === 0) return '0'
  // Rounding comes first: 999 999.9 reads 1e6, not 1000000.
  const shown = Number.isInteger(value) ? value : Number(value.toPrecision(digits))
  const size = Math.abs(shown)
  const text = size < SMALLEST || size >= LARGEST ? scientific(value, digits) : String(shown)
  return text.replace(/^-/, MINUS)
}

/** As formatNumber, with the trailing zeros that make a column of numbers line up: `0.1420`. */
export function formatCell(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return formatNumber(value)
  const size = Math.abs(Number(value.toPrecision(4)))
  if (Number.isInteger(value) || size < SMALLEST || size >= 1e4) return formatNumber(value)
  return value.toPrecision(4).replace(/^-/, MINUS)
}

/** `10432` -> `10 432`, with thin spaces. */
export function formatCount(n: number): string {
  if (!Number.isFinite(n)) return nonfinite(n)
  const rounded = Math.round(n)
  if (Math.abs(rounded) >= 1e15) return formatNumber(rounded)
  return String(rounded).replace(/\B(?=(\d{3})+$)/g, '\u2009').replace(/^-/, MINUS)
}

/** All of its digits, as a program reads it. */
export function fullNumber(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
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

export function formatDateTime(at: number | null | undefined): string {
  if (at === null || at === undefined) return '–'
  return dateTime().format(at * 1000)
}

/** A day, without its time. */
export function formatDay(at: number): string {
  return day().format(at * 1000)
}

/** Relative under 7 days, else the date. */
export function formatAgo(at: number | null | undefined, now = Date.now() / 1000): string {
  if (at === null || at === undefined) return '–'
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

/** Any param value as one line of text. */
export function formatValue(value: unknown): string {
  if (value === null) return 'None'
  if (value === undefined) return '–'
  if (typeof value === 'number') return formatNumber(value, 6)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return value
  return JSON.stringify(value)
}
