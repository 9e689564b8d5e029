// Selects every run that matches, those that were not scrolled to as well.

import { useState } from 'react'
import { api } from '../../base/api/client'
import { plural } from '../../base/format'
import { toast, useSelection } from '../../base/stores'

/** Of one answer. */
const PAGE = 1000
/** What a selection is good for: more are filtered, not selected. */
export const SELECTED_AT_MOST = 10_000

export function useSelectAll(q: string): { readonly selectAll: () => void; readonly isReading: boolean } {
  const selection = useSelection()
  const [isReading, setReading] = useState(false)
  const read = async () => {
    const hashes: string[] = []
    for (;;) {
      const r = await api.runs({ q, sort: [], offset: hashes.length, limit: PAGE, columns: [] })
      hashes.push(...r.rows.map((row) => row.hash))
      if (r.rows.length === 0 || hashes.length >= Math.min(r.matched, SELECTED_AT_MOST)) break
    }
    selection.set(hashes)
    toast(`${plural(hashes.length, 'run')} selected`)
  }
  const selectAll = () => {
    setReading(true)
    read()
      .catch((e: unknown) => toast(e instanceof Error ? e.message : String(e), { kind: 'error' }))
      .finally(() => setReading(false))
  }
  return { selectAll, isReading }
}
