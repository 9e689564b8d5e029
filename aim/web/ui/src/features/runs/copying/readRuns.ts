// All runs of a search, a thousand at a time.

import { api } from '../../../base/api/client'
import type { RunRow, SortKey } from '../../../base/api/types'

const PAGE = 1000

interface Wanted {
  readonly q: string
  readonly sort: readonly SortKey[]
  readonly columns: readonly string[]
}

/** @param most Runs that are read. */
export async function readRuns(
  { q, sort, columns }: Wanted,
  most: number,
  signal?: AbortSignal,
): Promise<{ readonly rows: RunRow[]; readonly matched: number }> {
  const rows: RunRow[] = []
  for (;;) {
    const r = await api.runs({ q, sort, offset: rows.length, limit: PAGE, columns }, signal)
    rows.push(...r.rows)
    if (r.rows.length === 0 || rows.length >= Math.min(r.matched, most)) return { rows, matched: r.matched }
  }
}
