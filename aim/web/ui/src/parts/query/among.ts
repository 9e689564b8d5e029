// A query that is asked among some runs: as text, so that a script can ask the same. Pure.

import { ApiError } from '../../base/api/client'
import { offsetOf } from './highlight'

const NAMES = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_][\w/\-.:@%*+]*(?:"(?:[^"\\]|\\.)*")?)$/
const RESERVED = new Set(['and', 'or', 'not', 'in', 'is', 'if', 'None', 'True', 'False', 'none', 'true', 'false'])
const ROOT = /^(?:run|metric|context|params|experiment)\./

/** Where the first `if` outside brackets and texts begins, and where pieces between commas do; comments are left out. */
function read(q: string): { readonly ifAt: number; readonly parts: readonly string[]; readonly hasComment: boolean } {
  let depth = 0
  let quote = ''
  let ifAt = -1
  let from = 0
  let hasComment = false
  const parts: string[] = []
  const piece = (end: number) => parts.push(q.slice(from, end).trim())
  for (let i = 0; i < q.length; i++) {
    const c = q[i]!
    if (quote) {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === '"' || c === "'") quote = c
    else if (c === '#') {
      // What follows it on its line is not read; a piece ends before it.
      hasComment = true
      const end = q.indexOf('\n', i)
      const rest = end < 0 ? '' : q.slice(end).trim()
      if (rest === '') {
        piece(i)
        return { ifAt, parts, hasComment }
      }
      i = end
    } else if ('([{'.includes(c)) depth++
    else if (')]}'.includes(c)) depth--
    else if (c === ',' && depth === 0) {
      piece(i)
      from = i + 1
    } else if (ifAt < 0 && depth <= 0 && /^if\b/.test(q.slice(i, i + 3)) && (i === 0 || !/[\w.]/.test(q[i - 1]!)))
      ifAt = i
  }
  piece(q.length)
  return { ifAt, parts, hasComment }
}

/** Whether a query without `if` is names of metrics, and not a condition; as aim/query/language/select.py has it. */
function isNames(parts: readonly string[]): boolean {
  if (!parts.every((p) => NAMES.test(p) && !RESERVED.has(p))) return false
  const [name = ''] = parts
  const isField = !/^["']/.test(name) && name.includes('.') && (/^[\w.]+$/.test(name) || ROOT.test(name))
  return parts.length > 1 || !isField
}

/** Where the bracket is that a query gets: what is behind it is one character further; -1: nowhere. */
function bracketAt(q: string): number {
  const { ifAt, parts } = read(q)
  return ifAt >= 0 ? ifAt + 2 : q.trim() === '' || isNames(parts) ? -1 : 0
}

/** The query, asked among these runs alone; without runs the query as it is. */
export function amongRuns(q: string, runs: readonly string[]): string {
  if (runs.length === 0) return q
  const among = `run.hash in [${runs.map((r) => JSON.stringify(r)).join(', ')}]`
  if (q.trim() === '') return among
  const at = bracketAt(q)
  const end = read(q).hasComment ? '\n' : ''
  return at < 0 ? `${q}${end} if ${among}` : `${q.slice(0, at)}(${q.slice(at)}${end}) and ${among}`
}

/** The error of such a query, at the place where the text of the reader has it. */
export function errorOfText(error: ApiError | null, q: string, runs: readonly string[]): ApiError | null {
  if (error === null || error.column === null || runs.length === 0) return error
  const at = bracketAt(q)
  const line = error.line ?? 1
  if (at < 0 || q.slice(0, at).split('\n').length !== line || offsetOf(q, line, error.column) <= at) return error
  return new ApiError(
    error.code,
    error.message.replace(`column ${error.column}`, `column ${error.column - 1}`),
    error.status,
    error.line,
    error.column - 1,
    error.expected,
    error.suggestions,
    error.body,
  )
}
