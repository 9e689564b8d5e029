// The rows of the runs table: single runs, or groups with the members of the open ones.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { RunRow } from '../../base/api/types'
import { rememberList } from '../../base/runList'
import type { GroupRow } from './groups'
import type { RunsState } from './runsState'

export function useShownRows(state: RunsState, grouped: boolean, groups: readonly GroupRow[]) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const toggleGroup = useCallback(
    (key: string) =>
      setOpened((o) => {
        const next = new Set(o)
        if (!next.delete(key)) next.add(key)
        return next
      }),
    [],
  )
  const rows = useMemo<readonly (RunRow | undefined)[]>(
    () => (grouped ? groups.flatMap((g) => (opened.has(g.group.key) ? [g, ...g.group.members] : [g])) : state.rows),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- rows are filled in place, and `version` changes with them
    [grouped, groups, opened, state.rows, state.version],
  )
  // On the page of a run, j and k go through this list.
  const listed = useRef(rows)
  listed.current = grouped ? groups.flatMap((g) => g.group.members) : state.rows
  useEffect(() => () => rememberList(listed.current.flatMap((r) => (r ? [r.hash] : []))), [])
  return { rows, opened, toggleGroup }
}
