// Columns of the runs table: what they are called in the address, in the head and to the server.

import { parsePlainJson, WholeFloat } from '../../base/api/json'
import { numberOf, valueOf, type ColumnsResult, type RunRow } from '../../base/api/types'
import type { ParamNames } from '../../base/paramPath'
import type { Column } from '../../widgets/grid/Grid'
import {
  DIGITS,
  exactText,
  formatCount,
  formatStyled,
  formatValue,
  formatWithin,
  plural,
  type NumberStyle,
} from '../../base/format'
import { expressionOf, metricColumn, sortKey } from './columnLayout'
import { fieldOfColumn } from './runFields'

export function contextText(context: string | Readonly<Record<string, unknown>>): string {
  let c: Readonly<Record<string, unknown>>
  if (typeof context === 'string') {
    try {
      c = parsePlainJson(context) as Record<string, unknown>
    } catch {
      return context
    }
  } else c = context
  return Object.entries(c)
    .map(([k, v]) => `${k}=${formatValue(v)}`)
    .join(' ')
}

/** `names`: of the params there are. */
export function columnTitle(id: string, names?: ParamNames): string {
  const m = metricColumn(id)
  if (!m) return expressionOf(id) ?? fieldOfColumn(id)?.label ?? names?.get(id) ?? id
  const values = Object.values(
    (() => {
      try {
        return parsePlainJson(m.context) as Record<string, unknown>
      } catch {
        return {}
      }
    })(),
  )
  return [
    m.name,
    ...values.map((v) => formatValue(v)),
    m.what === 'last' ? '' : (WHAT[m.what] ?? m.what.replace(/^at:/, '@')),
  ]
    .filter(Boolean)
    .join(' ')
}

const WHAT: Readonly<Record<string, string>> = { 'best:min': 'best ↓', 'best:max': 'best ↑' }
const WHAT_HINT: Readonly<Record<string, string>> = {
  best: 'best value, by the goal that its name suggests',
  'best:min': 'best value: the lowest',
  'best:max': 'best value: the highest',
}

function whatHint(what: string): string {
  return WHAT_HINT[what] ?? (what.startsWith('at:') ? `at step ${what.slice(3)}, or at the nearest before it` : what)
}

/** The names of the params of an answer. */
export function paramNames(known: ColumnsResult | undefined): ParamNames {
  return new Map((known?.params ?? []).map((p) => [p.path, p.name ?? p.path]))
}

/** How many params and metrics have no column in `list`. */
export function othersThan(list: readonly string[], known: ColumnsResult | undefined): number {
  const shown = new Set(list.map((id) => metricKey(id) ?? id))
  return (
    (known?.params ?? []).filter((p) => !shown.has(p.path)).length +
    (known?.metrics ?? []).filter((m) => !shown.has(`metric:${m.name}|${m.context}`)).length
  )
}

/** What the server picked for a first look, and out of how much; null where it left nothing out. */
export function pickedText(list: readonly string[], known: ColumnsResult | undefined): string | null {
  if (!known || othersThan(list, known) === 0) return null
  const params = new Set(list.filter((id) => metricKey(id) === null && !id.startsWith('@')))
  const metrics = new Set(list.flatMap((id) => metricKey(id) ?? []))
  const differ = known.params.filter((p) => p.distinct > 1).length
  return `Picked for a first look: ${formatCount(params.size)} of ${formatCount(differ)} params that differ, the last values of ${formatCount(metrics.size)} of ${plural(known.metrics.length, 'metric')}`
}

/** The metric of a column, whichever value of it that holds. */
function metricKey(id: string): string | null {
  const m = metricColumn(id)
  return m && `metric:${m.name}|${m.context}`
}

/** A value with all its digits. */
function fullText(value: unknown): string {
  return value === undefined ? '' : exactText(value)
}

function numberWithin(value: unknown, style: NumberStyle, room: number): string {
  const isNumber = typeof value === 'number' || typeof value === 'bigint' || value instanceof WholeFloat
  return isNumber
    ? formatWithin(typeof value === 'bigint' ? value : Number(value), style, false, room)
    : formatValue(value)
}

/** `numeric`: all values of this param are numbers, so they are aligned right. `style`: see columnDigits. */
export function valueColumn(
  id: string,
  numeric: boolean,
  style: NumberStyle = { digits: DIGITS },
  names?: ParamNames,
): Column<RunRow> {
  const m = metricColumn(id)
  const expression = expressionOf(id)
  if (m || expression !== null) {
    return {
      id,
      title: columnTitle(id),
      width: 116,
      align: 'right',
      sort: id,
      hint: m ? `${m.name} ${contextText(m.context)} ${whatHint(m.what)}` : `${expression}, of each run`,
      plain: (r) => formatStyled(numberOf(r, id), style, true),
      within: (r, room) => formatWithin(numberOf(r, id) ?? NaN, style, true, room),
      text: (r) => String(numberOf(r, id) ?? ''),
    }
  }
  return {
    id,
    title: columnTitle(id, names),
    width: 104,
    sort: sortKey(id),
    hint: id,
    ...(numeric
      ? { align: 'right' as const, within: (r: RunRow, room: number) => numberWithin(valueOf(r, id), style, room) }
      : {}),
    plain: (r) => formatValue(valueOf(r, id), style),
    text: (r) => fullText(valueOf(r, id)),
  }
}
