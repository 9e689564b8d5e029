// What the table of runs shows, as a program for the SDK.

import { parsePlainJson } from '../../../base/api/json'
import type { SortKey } from '../../../base/api/types'
import { formatValue } from '../../../base/format'
import type { ParamNames } from '../../../base/paramPath'
import { expressionOf, isField, isMeasured, metricColumn } from '../../../parts/fields/columnLayout'
import { columnTitle } from '../../../parts/fields/columns'
import { fieldNamed } from '../../../parts/fields/runFields'

interface Shown {
  /** What the server is asked, selected runs included. */
  readonly q: string
  readonly sort: readonly SortKey[]
  /** All columns but the name. */
  readonly list: readonly string[]
  /** Whole paths of params, and fields. */
  readonly group: readonly string[]
  readonly names: ParamNames
  readonly repoPath: string
}

/** A Python string: JSON is one but for surrogates, which JSON.stringify writes as escapes that Python takes, too. */
const quoted = (text: string) => JSON.stringify(text)
const texts = (list: readonly string[]) => `[${list.map(quoted).join(', ')}]`

/** The same runs with the same columns; a comment names the columns that a data frame cannot have. */
export function runsPython({ q, sort, list, group, names, repoPath }: Shown): string {
  const paramName = (path: string) => names.get(path) ?? path
  const byParams = group.filter((f) => fieldNamed(f) === undefined).map((f) => paramName(f.replace(/^params\./, '')))
  const values = list.filter((c) => !isField(c))
  const metrics = new Map<string, string>()
  const params = new Set<string>(byParams)
  const left: string[] = []
  for (const id of values) {
    const text = isMeasured(id) ? metricText(id) : paramName(id)
    if (text === null) left.push(columnTitle(id, names))
    else if (isMeasured(id)) metrics.set(id, text)
    else params.add(text)
  }
  const wanted = [...new Set(metrics.values())]
  const lines = [
    'import aim',
    '',
    `repo = aim.Repo(${quoted(repoPath)})`,
    `runs = repo.query_runs(${quoted(q)})`,
    `frame = runs.dataframe("pandas", metrics=${texts(wanted)}, params=${texts([...params])})`,
  ]
  const place = (by: string) => metrics.get(by) ?? fieldNamed(by)?.name ?? paramName(by.replace(/^params\./, ''))
  const sorted = sort.map((s) => ({ ...s, name: place(s.by) }))
  const sortable = sorted.filter((s) => metrics.has(s.by) || params.has(s.name) || FRAME_FIELDS.has(s.name))
  if (sortable.length > 0)
    lines.push(
      `frame = frame.sort_values(${texts(sortable.map((s) => s.name))}, ascending=[${sortable.map((s) => (s.desc ? 'False' : 'True')).join(', ')}])`,
    )
  lines.push('print(frame)')
  const by = group.map((f) => fieldNamed(f)?.name ?? paramName(f.replace(/^params\./, '')))
  // Lists such as tags cannot be grouped by.
  if (by.length > 0 && wanted.length > 0 && !by.includes('tags'))
    lines.push(`print(frame.groupby(${texts(by)}, dropna=False)[${texts(wanted)}].agg(["mean", "std", "count"]))`)
  if (left.length > 0) lines.push('', `# The page also has: ${left.join('; ').replace(/\s+/g, ' ')}.`)
  return `${lines.join('\n')}\n`
}

/** Fields that a data frame of runs has (aim/sdk/reading/run_tables.py). */
const FRAME_FIELDS = new Set(['hash', 'name', 'experiment', 'status', 'created_at', 'ended_at', 'duration', 'archived'])

const SUMMARIES: Readonly<Record<string, string>> = {
  last: '',
  min: 'min ',
  max: 'max ',
  first: 'first ',
  count: 'count ',
  'best:min': 'min ',
  'best:max': 'max ',
}

/** `min loss.val`: a metric as `dataframe(metrics=...)` names it; null where it cannot. */
function metricText(id: string): string | null {
  const m = metricColumn(id)
  const summary = m && SUMMARIES[m.what]
  if (!m || summary === undefined || expressionOf(id) !== null) return null
  let context: Record<string, unknown>
  try {
    context = parsePlainJson(m.context) as Record<string, unknown>
  } catch {
    return null
  }
  const parts = Object.values(context).map((v) => formatValue(v))
  return parts.some((p) => p.includes('.')) ? null : `${summary}${[m.name, ...parts].join('.')}`
}
