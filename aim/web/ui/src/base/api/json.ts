// JSON as the server writes it, with the numbers that JavaScript does not read from JSON in a marked form, and as people read it.

/** A number in full: an integer beyond 2^53 is a bigint, whose digits are those that were recorded. */
export type Whole = number | bigint

const MOST_SHARED = 10_000
const shared = new Map<string, WholeFloat>()

/** A float without a fraction, such as 1.0: a number of JavaScript does not say that it is no integer. */
export class WholeFloat {
  readonly #value: number
  private constructor(value: number) {
    this.#value = value
  }
  /** Equal ones are one object, so that they are the same to `===`, sets and maps. */
  static of(value: number): WholeFloat {
    const text = pythonFloat(value)
    let one = shared.get(text)
    if (!one) {
      one = new WholeFloat(value)
      if (shared.size < MOST_SHARED) shared.set(text, one)
    }
    return one
  }
  valueOf(): number {
    return this.#value
  }
  toString(): string {
    return pythonFloat(this.#value)
  }
  toJSON(): number {
    return this.#value
  }
}

/** A whole float as Python writes it. */
function pythonFloat(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  return Math.abs(value) < 1e16 ? `${value}.0` : value.toExponential()
}

const FLOATS: Record<string, number> = { nan: NaN, inf: Infinity, '-inf': -Infinity }
const MARK = /^\$+(?:float|int)$/

/** JSON with the three floats that JSON lacks, and with integers of any length. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  // A walk of our own: a reviver costs several times as much on an answer of megabytes.
  return text.includes('"$') ? unmarked(value) : value
}

function unmarked(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const v: unknown = value[i]
      if (v !== null && typeof v === 'object') value[i] = unmarked(v)
    }
    return value
  }
  const o = value as Record<string, unknown>
  const keys = Object.keys(o)
  const [key] = keys
  if (keys.length === 1 && key !== undefined && MARK.test(key)) {
    if (key === '$float') return FLOATS[String(o[key])] ?? WholeFloat.of(Number(o[key]))
    if (key === '$int') return BigInt(String(o[key]))
    // A dict of the user's that looks like ours has one $ more.
    return { [key.slice(1)]: unmarked(o[key]) }
  }
  for (const k of keys) {
    const v = o[k]
    if (v !== null && typeof v === 'object') o[k] = unmarked(v)
  }
  return o
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** JSON that Python wrote as it is, such as a context in the name of a column: numbers stay what they are, see WholeFloat. */
export function parsePlainJson(text: string): unknown {
  return parseJson(
    text.replace(TOKENS, (t) =>
      /^-?\d{16,}$/.test(t)
        ? Number.isSafeInteger(Number(t))
          ? t
          : `{"$int":"${t}"}`
        : /^-?\d.*[.eE]/.test(t) && Number.isInteger(Number(t))
          ? `{"$float":"${t}"}`
          : t,
    ),
  )
}

/** A value as JSON text, bigints with their digits, what JSON lacks as `nonfinite` has it. */
export function jsonText(value: unknown, indent = 0, nonfinite: (n: number) => string = String): string {
  const write = (v: unknown, margin: string): string => {
    if (typeof v === 'bigint' || v instanceof WholeFloat) return String(v)
    if (typeof v === 'number' && !Number.isFinite(v)) return nonfinite(v)
    if (v === null || typeof v !== 'object') return JSON.stringify(v) ?? 'null'
    const isList = Array.isArray(v)
    const inner = margin + ' '.repeat(indent)
    const items = isList
      ? v.map((item) => write(item, inner))
      : Object.entries(v).map(([k, item]) => `${JSON.stringify(k)}:${indent ? ' ' : ''}${write(item, inner)}`)
    const [open, close] = isList ? '[]' : '{}'
    if (items.length === 0) return `${open}${close}`
    return indent
      ? `${open}\n${inner}${items.join(`,\n${inner}`)}\n${margin}${close}`
      : `${open}${items.join(',')}${close}`
  }
  return write(value, '')
}
