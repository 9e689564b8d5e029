import { parseNumber } from '../../../base/address'
import type { Span } from './chartDomains'

/** The range of two typed ends; null: automatic; undefined: it cannot be one. An empty end is that of `shown`. */
export function typedRange([from, to]: readonly [string, string], shown: Span | null): Span | null | undefined {
  if (from.trim() === '' && to.trim() === '') return null
  const end = (text: string, known: number | undefined) =>
    text.trim() === ''
      ? (known ?? null)
      : parseNumber(
          text
            .trim()
            .replaceAll(/[\s_]/g, '')
            .replace(/^\u2212/, '-'),
        )
  const a = end(from, shown?.[0])
  const b = end(to, shown?.[1])
  return a !== null && b !== null && a < b ? [a, b] : undefined
}
