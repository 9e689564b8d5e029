// The view of the runs page, as its address has it.

import { useCallback, useMemo } from 'react'
import { navigate, usePlace } from '../../base/route'
import { formatRuns, parseRuns, type RunsView } from './runsAddress'

export function useRunsView() {
  const { search } = usePlace()
  const { view } = useMemo(() => parseRuns(search), [search])
  const change = useCallback((v: Partial<RunsView>) => navigate(`/runs${formatRuns({ ...view, ...v })}`), [view])
  const onSort = useCallback(
    (by: string, add: boolean, isDesc: boolean) => {
      const at = view.sort.find((s) => s.by === by)
      const first = { by, desc: at ? !at.desc : isDesc }
      change({ sort: add ? [...view.sort.filter((s) => s.by !== by), first].slice(-3) : [first] })
    },
    [view.sort, change],
  )
  return { view, change, onSort }
}
