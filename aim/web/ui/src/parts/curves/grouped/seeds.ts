// Runs that differ in their seed alone. Pure.

import type { MetricRun } from '../../../base/api/types'
import type { BandKind } from '../../../charts/data/aggregate'
import { BETWEEN, fieldKey } from '../grouping'
import { BUT_SEED, isSeed, slotFields } from './slotFields'

/** What shows how far the mean of a few seeds may be off. */
export const SEED_BAND: BandKind = 't95'

/** How many groups the runs make that are alike but for the seed; null: no seed differs. */
export function groupCount(runs: Readonly<Record<string, MetricRun>>): number | null {
  const { fields, leftOut } = slotFields(BUT_SEED, runs)
  if (!leftOut.some((f) => isSeed(f.slice('params.'.length)))) return null
  const none = { id: '', run: '', name: '', context: {} } as unknown as Parameters<typeof fieldKey>[1]
  return new Set(Object.values(runs).map((run) => fields.map((f) => fieldKey(f, none, run)).join(BETWEEN))).size
}
