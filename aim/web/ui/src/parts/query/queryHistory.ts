// The last queries that were run on a page, kept in this browser; newest first.

import type { SearchKind } from '../../base/search'
import { store, storedText } from '../../base/stores'

const MOST = 30

export function readHistory(kind: SearchKind): string[] {
  try {
    const kept: unknown = JSON.parse(storedText(`history.${kind}`, '[]'))
    return Array.isArray(kept) ? kept.filter((q): q is string => typeof q === 'string') : []
  } catch {
    return []
  }
}

export function addToHistory(kind: SearchKind, query: string): void {
  const others = readHistory(kind).filter((q) => q !== query)
  store(`history.${kind}`, JSON.stringify([query, ...others].slice(0, MOST)))
}
