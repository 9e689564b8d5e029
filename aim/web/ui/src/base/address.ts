// The query string of an address: short readable keys, numbers, ranges and lists. Each page says beside its view which keys
// it has. Pure, so that a round trip can be tested.

export interface Parsed<T> {
  readonly view: T
  /** Keys of the address that this page does not know. */
  readonly unknown: string[]
}

/** What of an address a page does not understand, and the query string without it. */
export interface Checked {
  readonly unknown: readonly string[]
  readonly clean: string
}

/** Characters that read well in an address stay as they are. */
function encode(text: string): string {
  return encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd'))
    .replace(/%2C/g, ',')
    .replace(/%3A/g, ':')
    .replace(/%20/g, '+')
    .replace(/%3D/g, '=')
    .replace(/%2F/g, '/')
}

export function join(parts: readonly (readonly [string, string])[]): string {
  return parts.length === 0
    ? ''
    : `?${parts.map(([k, v]) => `${encode(k).replace(/=/g, '%3D')}=${encode(v)}`).join('&')}`
}

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i

export function parseNumber(text: string): number | null {
  const n = NUMBER.test(text) ? Number(text) : NaN
  // No minus zero: it is written as 0.
  return Number.isFinite(n) ? n + 0 : null
}

export function parseRange(text: string): readonly [number, number] | null {
  const ends = text.split(':').map(parseNumber)
  const [a, b] = ends
  return ends.length === 2 && a != null && b != null && a < b ? [a, b] : null
}

/** Digits after which a difference is less than a hundred thousandth of the range. */
const FINER = 5

/** A range with as many digits as its width deserves: a zoom on wall time needs ten, one on steps three. */
export function formatRange([a, b]: readonly [number, number]): string {
  let ends = [a, b] as const
  for (let turn = 0; turn < 3; turn++) {
    const digits = FINER - Math.floor(Math.log10(ends[1] - ends[0]))
    const round = (n: number) => (digits > 0 && digits <= 100 ? Number(n.toFixed(digits)) : n) + 0
    const next = [round(ends[0]), round(ends[1])] as const
    // What is too fine for a fixed number of digits stays as it is.
    if (!(next[0] < next[1]) || (next[0] <= 0 && ends[0] > 0) || (next[0] === ends[0] && next[1] === ends[1])) break
    ends = next
  }
  return `${ends[0]}:${ends[1]}`
}

/** Keys in one value: joined by commas, a comma of their own behind a backslash. */
export function joinKeys(keys: readonly string[]): string {
  return keys.map((k) => k.replace(/[\\,]/g, '\\$&')).join(',')
}

export function splitKeys(text: string): string[] {
  const out: string[] = []
  let at = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && i + 1 < text.length) at += text[++i]!
    else if (text[i] === ',') {
      out.push(at)
      at = ''
    } else at += text[i]!
  }
  return [...out, at].filter(Boolean)
}

export const unique = <T>(list: readonly T[]): T[] => [...new Set(list)]

const NAMED = 60

/** A part of an address that a page leaves out, as its reader sees it. */
export function leftOut(key: string, value: string): string {
  const text = value ? `${key}=${value}` : key || '='
  return text.length > NAMED ? `${text.slice(0, NAMED)}…` : text
}
