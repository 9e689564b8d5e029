// A run's headline value beside the best of its experiment. Only where people said which direction is better.

import type { HomeRow } from '../../base/api/types'

type Line = NonNullable<HomeRow['headline']>

const better = (goal: 'min' | 'max', a: number, b: number) => (goal === 'min' ? a < b : a > b)

/** How far the last value is from the best that another run reached; null where nothing can be compared. */
export function toBest(line: Line | null): { readonly difference: number; readonly isBetter: boolean } | null {
  if (!line?.goal || line.last === null || line.best_of_others == null) return null
  const difference = line.last - line.best_of_others
  return Number.isFinite(difference)
    ? { difference, isBetter: better(line.goal, line.last, line.best_of_others) }
    : null
}

/** The value with which a run is the best of its experiment, at whatever step it had it; null if it is not. */
export function bestValue(line: Line | null): number | null {
  if (!line?.goal || line.best == null || line.best_of_others == null) return null
  return better(line.goal, line.best, line.best_of_others) ? line.best : null
}
