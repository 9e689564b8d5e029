// The table below the charts as a table of texts: the groups where lines are grouped, else one row for each line. Pure.

import { formatCell, formatCount, fullNumber } from '../../base/format'
import type { TextTable } from '../../base/tableTexts'
import type { SeriesCache } from '../../charts/data/seriesCache'
import { fieldLabel, fieldText } from '../../parts/curves/grouping'
import type { MetricsView } from '../../parts/curves/metricsAddress'
import type { FoundLine, Model } from '../../parts/curves/metricsModel'
import { hiddenGroups } from '../../parts/curves/shown/hidden'
import { contextText } from '../../parts/fields/columns'
import { apartText, intervalText } from './groupColumns'
import { countText, groupRows, sortedGroups, type GroupRow } from './groupRows'
import { extraFields } from './sequenceColumns'
import { digitsByMetric, sortedLines } from './sequenceRows'

export interface Shown {
  readonly model: Model
  readonly view: MetricsView
  readonly hiddenLines: ReadonlySet<string>
  readonly cache: SeriesCache
}

/** The lines that are drawn. */
function shownBy({ model, view, hiddenLines }: Shown): (line: FoundLine) => boolean {
  const hidden = hiddenGroups(view, model.groups)
  const runs = view.only.length > 0 ? new Set(view.only) : null
  return (l) =>
    !hiddenLines.has(l.sequence.id) &&
    !hidden.has(model.groups[l.group]!.key) &&
    (runs === null || runs.has(l.sequence.run))
}

/** @param isFile For a program: each number in a column of its own, with every digit. */
export function shownTable(shown: Shown, isFile: boolean): TextTable {
  return shown.view.aggregate ? groupsTable(shown, isFile) : linesTable(shown, isFile)
}

function groupsTable(shown: Shown, isFile: boolean): TextTable {
  const { model, view, cache } = shown
  const rows = sortedGroups(groupRows(model, shownBy(shown)), view.sort, null, cache)
  const digits = digitsByMetric(model.charts.flatMap((c) => c.lines))
  const head = (r: GroupRow) => [r.group.title, [r.chart.name, r.chart.context].filter(Boolean).join(' ')]
  if (isFile)
    return {
      titles: ['group', 'metric', 'n', 'last mean', 'last t95 half', 'min', 'max', 'apart'],
      isNumeric: [false, false, true, true, true, true, true, false],
      rows: rows.map((r) => [
        ...head(r),
        String(r.last.n),
        ...[r.last.mean, r.last.half, r.min, r.max].map((v) => (Number.isNaN(v) ? '' : fullNumber(v))),
        apartText(r),
      ]),
    }
  return {
    titles: ['Group', 'Metric', 'n', 'last', 'min', 'max', 'apart'],
    isNumeric: [false, false, true, true, true, true, false],
    rows: rows.map((r) => {
      const style = digits.get(r.chart.metric)
      return [
        ...head(r),
        countText(r),
        lastText(r, style),
        ...[r.min, r.max].map((v) => formatCell(Number.isNaN(v) ? null : v, style)),
        apartText(r),
      ]
    }),
  }
}

function lastText(r: GroupRow, digits: number | undefined): string {
  if (r.last.n !== 2) return intervalText(r.last, digits).join('')
  const both = r.members.map((l) => l.sequence.last).filter((v): v is number => v !== null && Number.isFinite(v))
  return both.map((v) => formatCell(v, digits)).join(', ')
}

function linesTable(shown: Shown, isFile: boolean): TextTable {
  const { model, view, cache } = shown
  const lines = model.charts.flatMap((c) => c.lines).filter(shownBy(shown))
  const rows = sortedLines(lines, view.sort, null, cache)
  const digits = digitsByMetric(lines)
  const fields = extraFields(view, Object.fromEntries(lines.map((l) => [l.sequence.run, l.run])))
  const number = (v: number | null, name: string) =>
    isFile ? (v === null ? '' : fullNumber(v)) : formatCell(v, digits.get(name))
  return {
    titles: [
      ...(isFile ? ['run_name', 'run', 'status', 'metric'] : ['Run', 'Metric']),
      ...fields.map(fieldLabel),
      'last',
      'min',
      'max',
      'points',
    ],
    isNumeric: [
      ...(isFile ? [false, false, false, false] : [false, false]),
      ...fields.map((f) => rows.every((l) => /^[-−]?\d/.test(fieldText(f, l.sequence, l.run)))),
      true,
      true,
      true,
      true,
    ],
    rows: rows.map((l) => {
      const { name, context, last, min, max, count } = l.sequence
      const metric = [name, contextText(context)].filter(Boolean).join(' ')
      return [
        ...(isFile
          ? [l.run.name, l.sequence.run, l.run.status, metric]
          : [l.run.name || l.sequence.run.slice(0, 8), metric]),
        ...fields.map((f) => fieldText(f, l.sequence, l.run)),
        ...[last, min, max].map((v) => number(v, name)),
        isFile ? String(count) : formatCount(count),
      ]
    }),
  }
}
