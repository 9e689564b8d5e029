import { useEffect } from 'react'
import { currentPlace } from '../../base/route'
import { useSelection } from '../../base/stores'
import { parseMetrics, type MetricsView } from '../../parts/curves/metricsAddress'
import type { ChangeView } from '../../parts/curves/usePane'

function isSame(runs: ReadonlySet<string>, list: readonly string[]): boolean {
  return runs.size === list.length && list.every((run) => runs.has(run))
}

/** While selected runs are shown alone, the address names them: a link shows the same, and the selection follows the address. */
export function useOnlySelected({ only }: MetricsView, change: ChangeView): void {
  const names = only.join()
  useEffect(() => {
    const wanted = names ? names.split(',') : []
    const { runs, set } = useSelection.getState()
    if (wanted.length > 0 && !isSame(runs, wanted)) set(wanted)
  }, [names])
  useEffect(
    () =>
      useSelection.subscribe(({ runs }) => {
        const named = parseMetrics(currentPlace().search).view.only
        if (named.length > 0 && !isSame(runs, named)) change({ only: [...runs] })
      }),
    [change],
  )
}
