// What is wrong with an expression, in words, and a text with its fault put right. Pure.

import type { ExpressionError, ExpressionFound } from '../../../base/api/types'

/** A curve has a value at each step, a column one in each run. */
export type ExpressionKind = 'curve' | 'column'

/** Why an expression can be no curve, or no column; null where it can. */
export function problemOf(found: ExpressionFound, kind: ExpressionKind): ExpressionError | null {
  const problem = (message: string) => ({ message, line: null, column: null, expected: null, suggestions: [] })
  if (found.error) return found.error
  if (kind === 'curve' && found.is_number)
    return problem('This is one number of each run: it can be a column of Runs, not a curve')
  if (kind === 'column' && found.matched > found.runs)
    return problem('Some runs have several values, in several contexts: name one, as in loss.val')
  return null
}

/** What is said of an expression without values. */
export const nothingText = ({ hints }: ExpressionFound): string => hints[0] ?? 'No run of this query has these metrics'

export function errorText({ message, column, expected }: ExpressionError): string {
  return `${message}${column ? `, column ${column}` : ''}${expected ? ` · expected ${expected}` : ''}`
}

/** The text with the name at `at` replaced, and where the caret then is. */
export function replaced(text: string, at: number, by: string): [string, number] {
  if (at < 0) return [by, by.length]
  // "train/loss" for train/lss: a name with a slash was written without its quotes
  const slashes = by.startsWith('"') ? by.split('/').length - 1 : 0
  const name = new RegExp(`^(?:"[^"\\n]*"|[\\w.]+(?:/[A-Za-z_][\\w.]*){0,${slashes}})`)
  const length = name.exec(text.slice(at))?.[0].length ?? 0
  return [text.slice(0, at) + by + text.slice(at + length), at + by.length]
}
