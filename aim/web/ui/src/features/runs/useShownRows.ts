// The rows of the runs table: single runs, or groups with the members of the open ones.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { api } from '../../base/api/client'
import type { RunRow, SortKey } from '../../base/api/types'
import { MORE, rememberList } from '../../base/runList'
import type { GroupRow } from './groups'
import type { RunsState } from './runsState'

/** `sort`: of the search of `state`. */
export function useShownRows(
  state: RunsState,
  sort: readonly SortKey[],
  grouped: boolean,
  groups: readonly GroupRow[],
) {
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
  const remember = useRef(() => {})
  remember.current = () => {
    if (grouped) rememberList(groups.flatMap((g) => g.group.members.map((m) => m.hash)))
    else
      rememberList(
        Array.from(state.rows, (r) => r?.hash),
        async (offset) =>
          (await api.runs({ q: state.q, sort, offset, limit: MORE, columns: [] })).rows.map((r) => r.hash),
      )
  }
  useEffect(() => () => remember.current(), [])
  return { rows, opened, toggleGroup }
}
