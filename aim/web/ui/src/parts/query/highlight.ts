// AimQL as coloured pieces, for reading only: the server decides what a query means.

export type Kind = 'keyword' | 'string' | 'number' | 'field' | 'operator' | 'text'

export interface Piece {
  readonly text: string
  readonly kind: Kind
}

const TOKEN =
  /("(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)|(\b\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?\b|\B\.\d+)|\b(and|or|not|in|is|if|None|True|False)\b|\b((?:run|metric|context|params)(?:\.\w+)*)\b|([<>=!]=?|[()[\]{},])/g

export function pieces(query: string): Piece[] {
  const out: Piece[] = []
  let at = 0
  for (const m of query.matchAll(TOKEN)) {
    if (m.index > at) out.push({ text: query.slice(at, m.index), kind: 'text' })
    out.push({ text: m[0], kind: m[1] ? 'string' : m[2] ? 'number' : m[3] ? 'keyword' : m[4] ? 'field' : 'operator' })
    at = m.index + m[0].length
  }
  if (at < query.length) out.push({ text: query.slice(at), kind: 'text' })
  return out
}

/** Offset of a line and column, both from 1; columns count characters, not code units. */
export function offsetOf(query: string, line: number, column: number): number {
  const lines = query.split('\n')
  let at = 0
  for (let i = 0; i < Math.min(line - 1, lines.length - 1); i++) at += lines[i]!.length + 1
  const text = lines[Math.min(line - 1, lines.length - 1)] ?? ''
  return at + [...text].slice(0, Math.max(0, column - 1)).join('').length
}

/** What completion reads before the caret: its patterns take the square of it, and typed names are shorter. */
const LOOKED_AT = 1000

function before(query: string, caret: number): { text: string; at: number } {
  const at = Math.max(0, caret - LOOKED_AT)
  return { text: query.slice(at, caret), at }
}

/** The word before the caret: what completion completes. Names of TensorBoard's are whole with their `tf:`. */
export function wordBefore(query: string, caret: number): { word: string; from: number } {
  const m = /(?:\btf:[\w./@%-]*|[A-Za-z_][\w.]*)$/.exec(before(query, caret).text)
  return m ? { word: m[0], from: caret - m[0].length } : { word: '', from: caret }
}

export interface Asked {
  /** Whose value is typed. */
  readonly name: string
  /** What of it is there, without its quote. */
  readonly typed: string
  /** Where the value begins, its quote included. */
  readonly from: number
}

const COMPARED =
  /([A-Za-z_][\w.]*)\s*(?:==|!=|<=|>=|<|>|\bnot\s+in\s*[[(]|\bin\s*[[(])\s*((?:(?:"[^"\n]*"|'[^'\n]*'|[^\s"'\])]+)\s*,\s*)*)("[^"\n]*|'[^'\n]*|[\w.+-]*)$/

/** The comparison whose value is before the caret: completion then offers recorded values of the name. */
export function valueBefore(query: string, caret: number): Asked | null {
  const { text, at } = before(query, caret)
  const m = COMPARED.exec(text)
  if (!m || inString(query, at + m.index)) return null
  const [, name = '', , value = ''] = m
  return { name, typed: value.replace(/^["']/, ''), from: caret - value.length }
}

/** Is the caret inside a text in quotes? */
export function inString(query: string, caret: number): boolean {
  let quote = ''
  for (let i = 0; i < caret; i++) {
    const c = query[i]!
    if (quote) {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === '"' || c === "'") quote = c
  }
  return quote !== ''
}

/** Splits `a and b and c` at its outermost `and`s; one piece where there are none. The names before `if` stay outside. */
export function terms(query: string): { head: string; terms: string[] } {
  let depth = 0
  let quote = ''
  const cuts: { at: number; length: number; word: string }[] = []
  for (let i = 0; i < query.length; i++) {
    const c = query[i]!
    if (quote) {
      if (c === '\\') i++
      else if (c === quote) quote = ''
      continue
    }
    if (c === '"' || c === "'") quote = c
    else if ('([{'.includes(c)) depth++
    else if (')]}'.includes(c)) depth--
    else if (depth === 0) {
      const m = /^(and|or|if)\b/.exec(query.slice(i))
      if (m && (i === 0 || !/[\w.]/.test(query[i - 1]!))) {
        cuts.push({ at: i, length: m[1]!.length, word: m[1]! })
        i += m[1]!.length - 1
      }
    }
  }
  let head = ''
  let rest = query
  const cond = cuts.find((c) => c.word === 'if')
  let shift = 0
  if (cond) {
    head = query.slice(0, cond.at).trim()
    shift = cond.at + cond.length
    rest = query.slice(shift)
  }
  const inner = cuts.filter((c) => c.at >= shift && c !== cond)
  if (inner.some((c) => c.word === 'or')) return { head, terms: rest.trim() ? [rest.trim()] : [] }
  const out: string[] = []
  let at = shift
  for (const c of inner) {
    out.push(query.slice(at, c.at).trim())
    at = c.at + c.length
  }
  out.push(query.slice(at).trim())
  return { head, terms: out.filter(Boolean) }
}

export function fromTerms(head: string, list: readonly string[]): string {
  const where = list.join(' and ')
  if (!head) return where
  return where ? `${head} if ${where}` : head
}
