import { useMemo, useRef } from 'react'
import type { MetricRun, MetricSequence } from '../../base/api/types'
import { Places } from './groupColours'
import { useRunColours } from '../../base/runColours'
import type { MetricsView } from './metricsAddress'
import { buildModel, type Model } from './metricsModel'

/** The charts and groups of what was found. Values keep their colours while the view lives. */
export function useModel(
  sequences: readonly MetricSequence[],
  runs: Readonly<Record<string, MetricRun>>,
  view: MetricsView,
): Model {
  const slots = useRef({ colour: '', dash: '', places: new Places() })
  const ownSlots = useRunColours((s) => s.chosen)
  return useMemo(() => {
    const s = slots.current
    if (s.colour !== view.colour || s.dash !== view.dash)
      Object.assign(s, { colour: view.colour, dash: view.dash, places: new Places() })
    return buildModel(sequences, runs, view.colour, view.dash, view.facets, s.places, view.slots, ownSlots)
  }, [sequences, runs, view.colour, view.dash, view.facets, view.slots, ownSlots])
}
