// What of the lines found is shown, and in which order, as keys of an address.

import { joinKeys, splitKeys, unique } from '../../../base/address'
import type { SortKey } from '../../../base/api/types'

export interface ShownView {
  /** Runs that are compared: the query searches among them. Empty: among all. */
  readonly runs: readonly string[]
  /** What is hidden: see hidden.ts. */
  readonly hide: readonly string[]
  /** Groups that are shown alone; empty: all that are not hidden. */
  readonly solo: readonly string[]
  /** Runs whose lines are shown alone; empty: all. */
  readonly only: readonly string[]
  /** Charts that come first. */
  readonly pins: readonly string[]
  /** Charts in the order that people gave them, before those that are not here. */
  readonly order: readonly string[]
  /** How the table below the charts is sorted. */
  readonly sort: readonly SortKey[]
}

export const SHOWN_DEFAULT: ShownView = { runs: [], hide: [], solo: [], only: [], pins: [], order: [], sort: [] }

const LISTS = { runs: 'runs', hide: 'hide', solo: 'solo', only: 'only', pins: 'pins', order: 'order' } as const
const MOST_SORTED = 3

/** The patch that a key of an address says; null: it says nothing; undefined: it is not one of these. */
export function parseShownKey(key: string, value: string): Partial<ShownView> | null | undefined {
  if (Object.hasOwn(LISTS, key)) {
    const list = unique(splitKeys(value))
    return list.length > 0 ? { [key]: list } : null
  }
  if (key !== 'ts') return undefined
  const keys = splitKeys(value)
    .map((s) => (s.startsWith('-') ? { by: s.slice(1), desc: true } : { by: s, desc: false }))
    .filter((s) => s.by !== '')
  const sort = keys.filter((s, i) => keys.findIndex((o) => o.by === s.by) === i).slice(0, MOST_SORTED)
  return sort.length > 0 ? { sort } : null
}

export function formatShown(v: ShownView): [string, string][] {
  const parts: [string, string][] = []
  for (const key of Object.values(LISTS)) if (v[key].length > 0) parts.push([key, joinKeys(v[key])])
  if (v.sort.length > 0) parts.push(['ts', joinKeys(v.sort.map((s) => (s.desc ? '-' : '') + s.by))])
  return parts
}
