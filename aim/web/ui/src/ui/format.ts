// Numbers, counts, times as the UI writes them. Copying always gives full precision, so these are for reading only.

/** `digits` significant digits; scientific under 1e-4 and from 1e6. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return '–'
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '∞'
  if (value === -Infinity) return '−∞'
  if (value === 0) return '0'
  const size = Math.abs(value)
  let text: string
  if (size < 1e-4 || size >= 1e6) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string]
    text = `${mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa}e${Number(exponent)}`
  } else if (Number.isInteger(value)) text = String(value)
  else text = String(Number(value.toPrecision(digits)))
  return text.replace(/^-/, '−')
}

/** As formatNumber, with the trailing zeros that make a column of numbers line up: `0.1420`. */
export function formatCell(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return formatNumber(value)
  const size = Math.abs(value)
  if (Number.isInteger(value) || size < 1e-4 || size >= 1e4) return formatNumber(value)
  return value.toPrecision(4).replace(/^-/, '−')
}

/** `10432` -> `10 432`, with a thin space. */
export function formatCount(n: number): string {
  const text = String(Math.round(n))
  return text.length <= 4 ? text : text.replace(/\B(?=(\d{3})+$)/g, '\u2009')
}

export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–'
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 60) return `${Math.round(seconds)}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${Math.floor(seconds % 60)}s`
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`
  return `${Math.floor(seconds / 86400)}d ${Math.floor((seconds % 86400) / 3600)}h`
}

export function formatDateTime(at: number | null | undefined): string {
  if (at === null || at === undefined) return '–'
  return new Date(at * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })
}

/** Relative under 7 days, else the date. */
export function formatAgo(at: number | null | undefined, now = Date.now() / 1000): string {
  if (at === null || at === undefined) return '–'
  const s = now - at
  if (s < -60) return new Date(at * 1000).toLocaleDateString(undefined, { dateStyle: 'medium' })
  if (s < 10) return 'just now'
  if (s < 60) return `${Math.floor(s)}s ago`
  if (s < 3600) return `${Math.floor(s / 60)} min ago`
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`
  if (s < 7 * 86400) return `${Math.floor(s / 86400)} d ago`
  return new Date(at * 1000).toLocaleDateString(undefined, { dateStyle: 'medium' })
}

export function formatClock(at: number): string {
  return new Date(at * 1000).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
}

export function formatBytes(n: number): string {
  if (n < 1000) return `${n} B`
  const units = ['kB', 'MB', 'GB', 'TB', 'PB']
  let v = n
  let i = -1
  while (v >= 1000 && i < units.length - 1) {
    v /= 1000
    i++
  }
  return `${Number(v.toPrecision(3))} ${units[i]}`
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
