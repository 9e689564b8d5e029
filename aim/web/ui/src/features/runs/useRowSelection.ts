// Which rows are selected. The selection is of runs, and shared with the other pages.

import { useCallback, useMemo, useRef } from 'react'
import type { RunRow } from '../../base/api/types'
import { useSelection } from '../../base/stores'
import { groupOf, type GroupRow } from './groups'

export function useRowSelection(rows: readonly (RunRow | undefined)[], groups: readonly GroupRow[]) {
  const selection = useSelection()
  /** Index of the row that was toggled last: a range begins there. */
  const last = useRef(-1)
  const onToggle = useCallback(
    (row: RunRow, index: number, range: boolean) => {
      const group = groupOf(row)
      if (group) {
        const hashes = group.members.map((m) => m.hash)
        if (hashes.every((h) => selection.runs.has(h)))
          selection.set([...selection.runs].filter((h) => !hashes.includes(h)))
        else selection.add(hashes)
        return
      }
      if (range && last.current >= 0) {
        const [a, b] = [Math.min(last.current, index), Math.max(last.current, index)]
        selection.add(rows.slice(a, b + 1).flatMap((r) => (r && !groupOf(r) ? [r.hash] : [])))
      } else selection.toggle(row.hash)
      last.current = index
    },
    [selection, rows],
  )
  /** A group whose members are all selected is selected. */
  const marked = useMemo<ReadonlySet<string>>(() => {
    const whole =
      selection.runs.size > 0 ? groups.filter((g) => g.group.members.every((m) => selection.runs.has(m.hash))) : []
    return whole.length === 0 ? selection.runs : new Set([...selection.runs, ...whole.map((g) => g.hash)])
  }, [groups, selection.runs])
  /** All selected runs of the table are archived. */
  const archived =
    selection.runs.size > 0 &&
    rows.every((r) => !r || groupOf(r) || !selection.runs.has(r.hash) || r.archived) &&
    rows.some((r) => r?.archived)
  return { selection, marked, onToggle, archived }
}
