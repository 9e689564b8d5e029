import { useCallback, useMemo } from 'react'
import type { MetricSequence } from '../../../base/api/types'
import type { MetricsView } from '../metricsAddress'
import { useLatest, type ChangeView } from '../usePane'
import { hiddenLines, toggleLine } from './hidden'

/** The lines that a view hides, and what an eye does. */
export function useHiddenLines(
  sequences: readonly MetricSequence[],
  { hide }: MetricsView,
  change: ChangeView,
): readonly [ReadonlySet<string>, (line: MetricSequence) => void] {
  const hidden = useMemo(() => hiddenLines(sequences, hide), [sequences, hide])
  const latest = useLatest({ hide, sequences })
  const toggle = useCallback(
    (line: MetricSequence) => change({ hide: toggleLine(latest.current.hide, line, latest.current.sequences) }),
    [latest, change],
  )
  return [hidden, toggle]
}
