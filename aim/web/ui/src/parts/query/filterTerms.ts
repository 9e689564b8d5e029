// Terms of a query, built of a name, an operator and a value. Pure.

import { fromTerms, terms } from './highlight'

export const OPERATORS = ['==', '!=', '>', '>=', '<', '<=', 'in', 'contains', 'is None'] as const
/** A name as a term begins with it, such as `run.hparams.lr`. */
export const NAME = /^[A-Za-z_]\w*(?:\.\w+|\["(?:[^"\\]|\\.)*"\])*$/
export type Operator = (typeof OPERATORS)[number]

/** A value as the language writes it: numbers, True, False and None as they are, everything else in quotes. */
export function literal(text: string): string {
  const t = text.trim()
  if (
    /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(t) ||
    ['True', 'False', 'None'].includes(t) ||
    /^(["']).*\1$/.test(t)
  )
    return t
  return JSON.stringify(t)
}

export function term(name: string, operator: Operator, value: string): string {
  if (operator === 'is None') return `${name} is None`
  if (operator === 'contains') return `${name}.contains(${literal(value)})`
  if (operator === 'in') return `${name} in [${value.split(',').map(literal).join(', ')}]`
  return `${name} ${operator} ${literal(value)}`
}

/** The query with one more term; a query with `or` in it is put in brackets. */
export function withTerm(query: string, added: string): string {
  const q = query.trim()
  if (q === '') return added
  const { head, terms: list } = terms(q)
  if (!head && list.length === 1 && /^[A-Za-z_]\w*(\s*,\s*[A-Za-z_]\w*)*$/.test(q)) return `${q} if ${added}`
  return fromTerms(head, [...list.map((t) => (/\bor\b/.test(t) && !/^\(.*\)$/.test(t) ? `(${t})` : t)), added])
}
