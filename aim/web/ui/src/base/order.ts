// The order in which people count: `item9` before `item10`, and numbers that were recorded as text by their size. The server
// sorts in the same way: aim/schema/order.py.

interface Key {
  /** NaN: the text is not a number. */
  readonly number: number
  /** Texts and, at odd places, rows of digits. */
  readonly parts: readonly string[]
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/
const MOST_KEYS = 50_000

const keys = new Map<string, Key>()

function keyOf(text: string): Key {
  let key = keys.get(text)
  if (key) return key
  const folded = text.toLowerCase()
  key = { number: NUMBER.test(folded) ? Number(folded) : NaN, parts: folded.split(/(\d+)/) }
  if (keys.size >= MOST_KEYS) keys.clear()
  keys.set(text, key)
  return key
}

function compareDigits(a: string, b: string): number {
  const x = a.replace(/^0+/, '')
  const y = b.replace(/^0+/, '')
  return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0)
}

/** Numbers by size, then the other texts in natural order, whatever their case. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  const x = keyOf(a)
  const y = keyOf(b)
  const isNumber = x.number === x.number
  if (isNumber !== (y.number === y.number)) return isNumber ? -1 : 1
  if (isNumber && x.number !== y.number) return x.number - y.number
  const n = Math.min(x.parts.length, y.parts.length)
  for (let i = 0; i < n; i++) {
    const p = x.parts[i]!
    const q = y.parts[i]!
    if (p === q) continue
    const d = i % 2 === 1 ? compareDigits(p, q) : p < q ? -1 : 1
    if (d !== 0) return d
  }
  return x.parts.length - y.parts.length || (a < b ? -1 : 1)
}
