import { useEffect, useState } from 'react'
import { useLiveChange } from '../../base/queries'
import { RunsLoader, type RunsQuery } from './runsLoader'
import { EMPTY, type RunsState } from './runsState'

/** Rows, their columns and which columns there are come from one search: the reader waits once. */
export function useRuns(query: RunsQuery) {
  const [state, setState] = useState<RunsState>(EMPTY)
  const [loader] = useState(() => new RunsLoader(setState))
  const key = JSON.stringify([query.q, query.sort, query.columns, query.enabled])
  useEffect(() => {
    loader.start(query)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `key` holds everything of the query
  }, [key, loader])
  useEffect(() => () => loader.end(), [loader])
  useLiveChange(loader.onLive)
  const { ensure, patch, setTop, reload } = loader
  return { state, ensure, reload, patch, setTop }
}
