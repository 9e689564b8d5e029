// Which lines a view hides, as its address says it: a run by its hash, a line by its run and its metric, a group by the value
// that its lines share. None of these changes when the index is built again. Pure.

import type { MetricSequence } from '../../../base/api/types'
import type { MetricsView } from '../metricsAddress'
import { chartKeyOf } from '../grouping'

type Hidden = Pick<MetricsView, 'hide' | 'solo'>
type Grouped = Hidden & Pick<MetricsView, 'colour' | 'dash'>

const NOTHING: ReadonlySet<string> = new Set()
/** Between the run and the metric of a line; no hash holds one. */
const OF = ':'
/** Before the value of a group. */
const VALUE = '='

/** The key of a group as an address has it: what is between its values can be read there. */
const READ: Readonly<Record<string, string>> = { '|': '\u0000', ';': '\u0001' }

export function writeKey(key: string): string {
  return key
    .replace(/[\\|;]/g, '\\$&')
    .replaceAll('\u0000', '|')
    .replaceAll('\u0001', ';')
}

export function readKey(text: string): string {
  return text.replace(/\\([^])|[|;]/g, (all, own: string | undefined) => own ?? READ[all]!)
}

function lineItem(s: MetricSequence): string {
  return s.run + OF + chartKeyOf(s)
}

/** Lines coloured by run: to hide a group is to hide a run, however the lines are coloured next. */
function isByRun({ colour, dash }: Pick<MetricsView, 'colour' | 'dash'>): boolean {
  return colour === 'run' && dash === ''
}

/** The ids of the lines that are hidden, one by one or with their run. */
export function hiddenLines(sequences: readonly MetricSequence[], hide: readonly string[]): ReadonlySet<string> {
  const items = new Set(hide.filter((item) => !item.startsWith(VALUE)))
  if (items.size === 0) return NOTHING
  return new Set(sequences.filter((s) => items.has(s.run) || items.has(lineItem(s))).map((s) => s.id))
}

/** Which of the groups are hidden. */
export function hiddenGroups(view: Grouped, groups: readonly { readonly key: string }[]): ReadonlySet<string> {
  const keys = groups.map((g) => g.key)
  if (view.solo.length > 0) {
    const solo = new Set(view.solo.map(readKey))
    return new Set(keys.filter((k) => !solo.has(k)))
  }
  const byRun = isByRun(view)
  const hidden = new Set(
    view.hide.flatMap((item) => (item.startsWith(VALUE) ? [readKey(item.slice(1))] : byRun ? [item] : [])),
  )
  return hidden.size === 0 ? NOTHING : new Set(keys.filter((k) => hidden.has(k)))
}

/** After a click on the eye of a line. */
export function toggleLine(
  hide: readonly string[],
  line: MetricSequence,
  sequences: readonly MetricSequence[],
): readonly string[] {
  const item = lineItem(line)
  if (hide.includes(item)) return hide.filter((i) => i !== item)
  if (!hide.includes(line.run)) return [...hide, item]
  // One line of a hidden run is shown: its others stay hidden.
  const others = sequences.filter((s) => s.run === line.run && s.id !== line.id).map(lineItem)
  return [...hide.filter((i) => i !== line.run), ...others.filter((i) => !hide.includes(i))]
}

export function hideRun(hide: readonly string[], run: string): readonly string[] {
  return [...hide.filter((i) => i !== run && !i.startsWith(run + OF)), run]
}

/** After a click on a group; `only`: on it alone, or on all again. */
export function toggleGroup(view: Grouped, keys: readonly string[], key: string, only: boolean): Hidden {
  const { hide, solo } = view
  const written = writeKey(key)
  if (only) return { hide, solo: solo.length === 1 && solo[0] === written ? [] : [written] }
  if (solo.length > 0) {
    const next = solo.includes(written) ? solo.filter((k) => k !== written) : [...solo, written]
    return { hide, solo: keys.every((k) => next.includes(writeKey(k))) ? [] : next }
  }
  const item = isByRun(view) ? key : VALUE + written
  return { hide: hide.includes(item) ? hide.filter((i) => i !== item) : [...hide, item], solo }
}

/** The view with a change: other colours have other groups, so what was hidden of the old ones is not hidden any more. */
export function changedView(view: MetricsView, patch: Partial<MetricsView>): MetricsView {
  const next = { ...view, ...patch }
  if (next.colour === view.colour && next.dash === view.dash) return next
  return { ...next, hide: next.hide.filter((item) => !item.startsWith(VALUE)), solo: [] }
}
