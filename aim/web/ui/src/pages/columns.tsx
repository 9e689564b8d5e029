// Columns of the runs table: what they are called in the address, in the head and to the server.

import { useState } from 'react'
import { numberOf, valueOf, type ColumnsResult, type RunRow } from '../api/types'
import { formatCell, formatCount, formatValue } from '../ui/format'
import type { Column } from '../grid/Grid'
import ui from '../ui/ui.module.css'
import { Button } from '../ui/basics'
import css from './pages.module.css'

export interface MetricColumn {
  readonly name: string
  readonly context: string
  readonly what: string
}

export function metricColumn(id: string): MetricColumn | null {
  if (!id.startsWith('metric:')) return null
  const what = id.lastIndexOf('|')
  const context = id.indexOf('|{')
  if (context < 0 || what <= context) return null
  return { name: id.slice(7, context), context: id.slice(context + 1, what), what: id.slice(what + 1) }
}

export function contextText(context: string | Readonly<Record<string, unknown>>): string {
  let c: Readonly<Record<string, unknown>>
  if (typeof context === 'string') {
    try {
      c = JSON.parse(context) as Record<string, unknown>
    } catch {
      return context
    }
  } else c = context
  return Object.entries(c).map(([k, v]) => `${k}=${formatValue(v)}`).join(' ')
}

export function columnTitle(id: string): string {
  const m = metricColumn(id)
  if (!m) return id
  const values = Object.values((() => { try { return JSON.parse(m.context) as Record<string, unknown> } catch { return {} } })())
  return [m.name, ...values.map(formatValue), m.what === 'last' ? '' : m.what].filter(Boolean).join(' ')
}

/** The columns of a first visit: params that differ, and the last values of a few metrics. */
export function defaultColumns(c: ColumnsResult | undefined): string[] {
  if (!c) return []
  const params = c.params.filter((p) => p.distinct > 1).slice(0, 5).map((p) => p.path)
  const metrics = c.metrics.slice(0, 4).map((m) => `metric:${m.name}|${m.context}|last`)
  return [...params, ...metrics]
}

/** A value with all its digits. */
function fullText(value: unknown): string {
  return value === undefined ? '' : typeof value === 'number' ? String(value) : formatValue(value)
}

/** `numeric`: all values of this param are numbers, so they stand to the right. */
export function valueColumn(id: string, numeric: boolean): Column<RunRow> {
  const m = metricColumn(id)
  if (m) {
    return {
      id, title: columnTitle(id), width: 116, align: 'right', sort: id, hint: `${m.name} ${contextText(m.context)} ${m.what}`,
      plain: (r) => formatCell(numberOf(r, id)),
      text: (r) => String(numberOf(r, id) ?? ''),
    }
  }
  return {
    id, title: id.replace(/^hparams\./, ''), width: 104, sort: `params.${id}`, hint: id, ...(numeric ? { align: 'right' as const } : {}),
    plain: (r) => formatValue(valueOf(r, id)),
    text: (r) => fullText(valueOf(r, id)),
  }
}

/** Chooses columns: a searchable list with counts, and those that differ alone. */
export function ColumnPicker({ data, value, onChange, onReset }: { data: ColumnsResult | undefined; value: readonly string[]; onChange: (v: string[]) => void; onReset: () => void }) {
  const [text, setText] = useState('')
  const [differ, setDiffer] = useState(false)
  const needle = text.toLowerCase()
  const chosen = new Set(value)
  const toggle = (id: string) => onChange(chosen.has(id) ? value.filter((v) => v !== id) : [...value, id])
  const params = (data?.params ?? []).filter((p) => p.path.toLowerCase().includes(needle) && (!differ || p.distinct > 1))
  const metrics = (data?.metrics ?? []).flatMap((m) => ['last', 'min', 'max'].map((what) => ({ ...m, what, id: `metric:${m.name}|${m.context}|${what}` }))).filter((m) => `${m.name} ${contextText(m.context)} ${m.what}`.toLowerCase().includes(needle))
  const shownMetrics = needle ? metrics : metrics.filter((m) => m.what === 'last' || chosen.has(m.id))
  return (
    <div>
      <input className={ui.input} placeholder="Find a column" aria-label="Find a column" value={text} onChange={(e) => setText(e.target.value)} />
      <label className={css.pickerRow} style={{ marginTop: 4 }}>
        <input type="checkbox" checked={differ} onChange={(e) => setDiffer(e.target.checked)} /> Only params that differ
      </label>
      <div style={{ maxHeight: 300, overflow: 'auto', margin: '4px -4px' }}>
        {params.length > 0 && <div className={ui.menuTitle}>Params</div>}
        {params.slice(0, 300).map((p) => (
          <label key={p.path} className={css.pickerRow}>
            <input type="checkbox" checked={chosen.has(p.path)} onChange={() => toggle(p.path)} />
            <span>{p.path}</span>
            <small>{p.distinct >= 100 ? '100+' : p.distinct} values</small>
          </label>
        ))}
        {shownMetrics.length > 0 && <div className={ui.menuTitle}>Metrics{needle ? '' : ' (min and max: search)'}</div>}
        {shownMetrics.slice(0, 300).map((m) => (
          <label key={m.id} className={css.pickerRow}>
            <input type="checkbox" checked={chosen.has(m.id)} onChange={() => toggle(m.id)} />
            <span>{m.name} {contextText(m.context)} {m.what}</span>
            <small>{formatCount(m.count)} runs</small>
          </label>
        ))}
        {params.length + shownMetrics.length === 0 && <div className={ui.menuTitle}>Nothing by that name</div>}
      </div>
      <div style={{ display: 'flex', gap: 8, marginTop: 8 }}>
        <Button small onClick={() => onChange([])}>None</Button>
        <Button small onClick={onReset}>Default</Button>
      </div>
    </div>
  )
}
