// Runs grouped by any columns: a group is one row. Pure except for the fetching.

import { isMeasured } from '../../parts/fields/columnLayout'
import { useEffect, useMemo, useRef, useState } from 'react'
import { numberOf, valueOf, type RunRow } from '../../base/api/types'
import { touches, useLiveChange, useThrottled } from '../../base/queries'
import type { SortKey } from '../../base/api/types'
import { WholeFloat } from '../../base/api/json'
import { exactText } from '../../base/format'
import { compareTexts } from '../../base/order'
import { BROKEN, tInterval, type Interval } from '../../base/statistics'
import { fieldNamed, fieldOfColumn, fullText, isGroupField, valueOfField } from '../../parts/fields/runFields'
import { readPath, spellPath } from '../../base/paramPath'
import { readRuns } from './copying/readRuns'

/** Runs that are read to be grouped, at most; the page shows when there are more. */
export const GROUPED_AT_MOST = 10_000
const LIVE_MS = 5000

export interface Stats extends Interval {
  /** The two values, where there are just two: an interval of them would say next to nothing. */
  readonly both: readonly [number, number] | null
}

export interface RunGroup {
  readonly key: string
  readonly values: readonly { readonly field: string; readonly text: string }[]
  readonly members: readonly RunRow[]
  readonly stats: ReadonlyMap<string, Stats>
}

export interface GroupRow extends RunRow {
  readonly group: RunGroup
}

export function groupOf(row: RunRow): RunGroup | null {
  return 'group' in row ? (row as GroupRow).group : null
}

/** The whole path of a param that an address names as queries do, `params.opt` or `opt`; the field itself where that is not one path. */
export function pathOf(field: string, paths: readonly string[]): string {
  if (isGroupField(field)) return field
  for (const name of [field, field.replace(/^params\./, '')]) {
    if (paths.includes(name)) return name
    const found = paths.filter((p) => spellPath(readPath(p).slice(1)) === name)
    if (found.length > 0) return found.length === 1 ? found[0]! : field
  }
  return field
}

/** Of a param that a run does not have. */
const NONE = 'none'
/** Of a name that is neither a field nor a param of any run. */
const UNKNOWN = 'not in these runs'

/** How a run counts in a group: `field` is a field's name or its column without the `@`, or a param. */
export function groupText(row: RunRow, name: string): string {
  const field = isGroupField(name) ? fieldNamed(name) : undefined
  if (field) return fullText(valueOfField(row, field), field)
  const value = valueOf(row, name)
  if (value !== undefined) return exactText(value)
  const other = fieldNamed(name) ?? fieldOfColumn(`@${name}`)
  return other ? fullText(valueOfField(row, other), other) : NONE
}

/** What a run is grouped by: 1 and 1.0 are equal, as in a query. */
function groupKey(row: RunRow, name: string): string {
  const value = isGroupField(name) ? undefined : valueOf(row, name)
  return value instanceof WholeFloat ? exactText(Number(value)) : groupText(row, name)
}

/** Whether a name is a field, or a param of at least one of the runs. */
function isKnown(rows: readonly RunRow[], name: string): boolean {
  return (
    (fieldNamed(name) ?? fieldOfColumn(`@${name}`)) !== undefined || rows.some((r) => valueOf(r, name) !== undefined)
  )
}

/** Mean and t interval (docs/statistics.md) of what is finite; null where nothing is. */
export function statsOf(values: readonly (number | null | undefined)[]): Stats | null {
  const finite = values.filter((v): v is number => typeof v === 'number' && Number.isFinite(v))
  if (finite.length === 0) return null
  return { ...tInterval(finite), both: finite.length === 2 ? [finite[0]!, finite[1]!] : null }
}

/** Groups in the order of the table's first sort key: metrics by their mean, times by the newest, the rest by their values. */
export function makeGroups(
  rows: readonly RunRow[],
  fields: readonly string[],
  columns: readonly string[],
  sort: readonly SortKey[],
): GroupRow[] {
  const members = new Map<string, RunRow[]>()
  const known = new Set(fields.filter((f) => isKnown(rows, f)))
  for (const row of rows) {
    const key = fields.map((f) => (known.has(f) ? groupKey(row, f) : UNKNOWN)).join('\u0000')
    const list = members.get(key)
    if (list) list.push(row)
    else members.set(key, [row])
  }
  const out: GroupRow[] = []
  for (const [key, list] of members) {
    const texts = fields.map((f) => (known.has(f) ? groupText(list[0]!, f) : UNKNOWN))
    const stats = new Map<string, Stats>()
    // As on Metrics; the cell says of how many runs a mean is.
    const counted = list.filter((r) => !BROKEN.has(r.status))
    for (const c of columns) {
      if (!isMeasured(c)) continue
      const s = statsOf(counted.map((r) => numberOf(r, c)))
      if (s) stats.set(c, s)
    }
    const duration = statsOf(counted.map((r) => r.duration))
    if (duration) stats.set('duration', duration)
    const newest = list.reduce((a, r) => (r.created_at > a.created_at ? r : a))
    out.push({
      ...newest,
      hash: `group ${key}`,
      tags: [],
      lost_points: list.reduce((n, r) => n + r.lost_points, 0),
      group: { key, values: fields.map((field, i) => ({ field, text: texts[i] ?? '' })), members: list, stats },
    })
  }
  const first = sort[0]
  const sign = first?.desc ? -1 : 1
  const by = first?.by ?? ''
  const place = fields.indexOf(by.replace(/^params\./, ''))
  const order = (a: GroupRow, b: GroupRow): number => {
    for (let i = 0; i < fields.length; i++) {
      const d = compareTexts(a.group.values[i]!.text, b.group.values[i]!.text)
      if (d !== 0) return d
    }
    return 0
  }
  return out.sort((a, b) => {
    if (by === 'created_at') return (a.created_at - b.created_at) * sign
    if (by === 'duration' || isMeasured(by)) {
      const x = a.group.stats.get(by)?.mean
      const y = b.group.stats.get(by)?.mean
      // What has no value comes last, whichever way.
      if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? 1 : -1
      return (x - y) * sign
    }
    if (place >= 0) {
      const d = compareTexts(a.group.values[place]!.text, b.group.values[place]!.text) * sign
      if (d !== 0) return d
    }
    return order(a, b) * (place < 0 ? sign : 1)
  })
}

/** The text that all members share in a column, or how many there are. */
export function sharedText(group: RunGroup, field: string): { text: string; distinct: number } {
  const texts = new Set<string>()
  for (const r of group.members) texts.add(groupKey(r, field))
  return { text: groupText(group.members[0]!, field), distinct: texts.size }
}

export interface Grouped {
  readonly groups: readonly GroupRow[]
  readonly read: number
  readonly matched: number
  readonly ready: boolean
  readonly error: unknown
  readonly reload: () => void
}

/** Reads all runs of a search, a thousand at a time, and groups them. Nothing is read while there is nothing to group by. */
export function useGroups(
  q: string,
  sort: readonly SortKey[],
  fields: readonly string[],
  columns: readonly string[] | null,
): Grouped {
  const [state, setState] = useState<{ rows: readonly RunRow[]; matched: number; ready: boolean; error: unknown }>({
    rows: [],
    matched: 0,
    ready: false,
    error: null,
  })
  const [round, setRound] = useState(0)
  /** Changes do not restart a reading in progress: it might never end. */
  const reading = useRef({ now: false, stale: false })
  const again = useThrottled(() => {
    if (reading.current.now) reading.current.stale = true
    else setRound((n) => n + 1)
  }, LIVE_MS)
  const asked = useMemo(
    () => (columns === null ? null : [...new Set([...columns, ...fields.filter((f) => !isGroupField(f))])]),
    [columns, fields],
  )
  const key = JSON.stringify([q, sort, asked, fields.length > 0, round])
  useEffect(() => {
    if (fields.length === 0 || asked === null) return
    const control = new AbortController()
    const read = async () => {
      const found = await readRuns({ q, sort, columns: asked }, GROUPED_AT_MOST, control.signal)
      setState({ ...found, ready: true, error: null })
    }
    reading.current = { now: true, stale: false }
    read()
      .catch((error: unknown) => {
        if (!control.signal.aborted) setState((s) => ({ ...s, error }))
      })
      .finally(() => {
        if (control.signal.aborted) return
        reading.current.now = false
        if (reading.current.stale) again()
      })
    return () => {
      control.abort()
      reading.current.now = false
    }
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `key` holds everything that is asked for
  }, [key])
  const hashes = useMemo(() => new Set(state.rows.map((r) => r.hash)), [state.rows])
  useLiveChange((c) => {
    if (fields.length > 0 && (c.new_runs.length > 0 || touches(c, (h) => hashes.has(h)))) again()
  })
  const groups = useMemo(
    () => (fields.length === 0 ? [] : makeGroups(state.rows, fields, columns ?? [], sort)),
    [state.rows, fields, columns, sort],
  )
  return {
    groups,
    read: state.rows.length,
    matched: state.matched,
    ready: state.ready,
    error: state.error,
    reload: () => setRound((n) => n + 1),
  }
}
