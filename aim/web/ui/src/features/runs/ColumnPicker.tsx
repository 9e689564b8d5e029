// Chooses columns: fields, params as a tree by the dots of their names, metrics with their summaries; searchable.

import { ChevronDown, ChevronRight } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { ColumnsResult } from '../../base/api/types'
import { Button } from '../../widgets/basics'
import { formatCount } from '../../base/format'
import ui from '../../widgets/ui.module.css'
import { ALL_FIELDS, isField, withColumns } from '../../parts/fields/columnLayout'
import { columnTitle, contextText } from '../../parts/fields/columns'
import css from './columns.module.css'
import pages from '../../widgets/pages.module.css'
import { readPath } from '../../base/paramPath'

interface Leaf {
  readonly id: string
  readonly label: string
  readonly full: string
  readonly hint: string
}

interface Branch {
  readonly path: string
  readonly label: string
  readonly branches: Map<string, Branch>
  readonly leaves: Leaf[]
}

interface Props {
  readonly data: ColumnsResult | undefined
  /** What was picked where nobody chose yet. */
  readonly picked: string | null
  /** All columns but the name, in order. */
  readonly value: readonly string[]
  readonly onChange: (list: string[]) => void
  readonly onReset: () => void
}

const SUMMARIES = ['last', 'min', 'max'] as const
/** Rows in the page at most; the search finds the others. */
const MOST = 400

export function ColumnPicker({ data, picked, value, onChange, onReset }: Props) {
  const [text, setText] = useState('')
  const [differ, setDiffer] = useState(false)
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set())
  const needle = text.trim().toLowerCase()
  const chosen = useMemo(() => new Set(value), [value])
  const { root, shown, hidden } = useMemo(() => {
    const fields: Leaf[] = ALL_FIELDS.map((id) => ({ id, label: columnTitle(id), full: columnTitle(id), hint: '' }))
    const params = (data?.params ?? []).filter((p) => !differ || p.distinct > 1)
    const found = (leaf: Leaf) => needle === '' || leaf.full.toLowerCase().includes(needle)
    const top: Branch = branch('', '')
    if (!differ) for (const f of fields) if (found(f)) at(top, ['Run']).leaves.push(f)
    for (const p of params) {
      const keys = readPath(p.path)
      const leaf = {
        id: p.path,
        label: keys[keys.length - 1]!,
        full: p.path,
        hint: p.distinct >= 100 ? '100+ values' : `${p.distinct} ${p.distinct === 1 ? 'value' : 'values'}`,
      }
      if (found(leaf)) at(top, ['Params', ...keys.slice(0, -1)]).leaves.push(leaf)
    }
    for (const m of data?.metrics ?? []) {
      const context = contextText(m.context)
      const of = (what: string, label: string): Leaf => ({
        id: `metric:${m.name}|${m.context}|${what}`,
        label,
        full: `${m.name} ${context} ${label}`,
        hint: `${formatCount(m.count)} ${m.count === 1 ? 'run' : 'runs'}`,
      })
      const best =
        m.goal === 'min'
          ? [of('best:min', 'best (lowest)')]
          : m.goal === 'max'
            ? [of('best:max', 'best (highest)')]
            : []
      for (const leaf of [...SUMMARIES.map((w) => of(w, w)), ...best])
        if (found(leaf)) at(top, ['Metrics', `${m.name}${context ? ` · ${context}` : ''}`]).leaves.push(leaf)
    }
    const all = leavesOf(top)
    return { root: top, shown: all, hidden: (data?.params.length ?? 0) - params.length }
  }, [data, needle, differ])

  const toggle = (id: string) => onChange(chosen.has(id) ? value.filter((v) => v !== id) : withColumns(value, [id]))
  const setAll = (leaves: readonly Leaf[], on: boolean) => {
    const ids = leaves.map((l) => l.id)
    onChange(on ? withColumns(value, ids) : value.filter((v) => !ids.includes(v)))
  }
  let drawn = 0
  const draw = (b: Branch, depth: number): React.ReactNode => {
    const leaves = leavesOf(b)
    const on = leaves.filter((l) => chosen.has(l.id)).length
    // Top branches and small ones are open; a search opens all.
    const usual =
      depth === 1 ? b.path !== 'Metrics' || leaves.length <= 12 : leaves.length <= 12 && b.path.startsWith('Params')
    const open = needle !== '' || usual !== toggled.has(b.path)
    const Icon = open ? ChevronDown : ChevronRight
    return (
      <div key={b.path} role="group" aria-label={b.label}>
        <div className={css.branch} style={{ paddingLeft: 6 + 14 * (depth - 1) }}>
          <button
            type="button"
            className={pages.twisty}
            aria-expanded={open}
            aria-label={`${open ? 'Close' : 'Open'} ${b.label}`}
            onClick={() =>
              setToggled((s) => {
                const n = new Set(s)
                if (!n.delete(b.path)) n.add(b.path)
                return n
              })
            }
          >
            <Icon size={14} strokeWidth={1.5} />
          </button>
          <label className={pages.pickerRow} style={{ padding: 0, flex: 1, minWidth: 0, fontWeight: 600 }}>
            <input
              type="checkbox"
              checked={on === leaves.length}
              ref={(e) => {
                if (e) e.indeterminate = on > 0 && on < leaves.length
              }}
              onChange={() => setAll(leaves, on < leaves.length)}
            />
            <span>{b.label}</span>
            <small>
              {on > 0 ? `${formatCount(on)} of ` : ''}
              {formatCount(leaves.length)}
            </small>
          </label>
        </div>
        {open && [...b.branches.values()].map((c) => draw(c, depth + 1))}
        {open &&
          b.leaves.map((l) => {
            if (++drawn > MOST) return null
            return (
              <label
                key={l.id}
                className={pages.pickerRow}
                style={{ paddingLeft: 30 + 14 * (depth - 1) }}
                title={l.full}
              >
                <input type="checkbox" checked={chosen.has(l.id)} onChange={() => toggle(l.id)} />
                <span>{l.label}</span>
                <small>{l.hint}</small>
              </label>
            )
          })}
      </div>
    )
  }
  const tree = [...root.branches.values()].map((b) => draw(b, 1))
  return (
    <div>
      {picked && (
        <p className={css.note} style={{ marginBottom: 8 }}>
          {picked}. Tick others here.
        </p>
      )}
      <input
        className={ui.input}
        placeholder="Find a column"
        aria-label="Find a column"
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
      <label className={pages.pickerRow} style={{ marginTop: 4 }}>
        <input type="checkbox" checked={differ} onChange={(e) => setDiffer(e.target.checked)} /> Only columns that
        differ
        {differ && hidden > 0 && <small>{formatCount(hidden)} hidden</small>}
      </label>
      <div className={css.tree} tabIndex={0} role="region" aria-label="Columns">
        {tree}
        {shown.length === 0 && <div className={ui.menuTitle}>No matches</div>}
        {drawn > MOST && <div className={ui.menuTitle}>{formatCount(drawn - MOST)} more: search for them</div>}
      </div>
      <div style={{ display: 'flex', gap: 8, marginTop: 8 }}>
        {needle !== '' && shown.length > 1 && (
          <Button small onClick={() => setAll(shown, true)}>
            Add all {formatCount(shown.length)}
          </Button>
        )}
        <Button small onClick={() => onChange(value.filter(isField))}>
          None
        </Button>
        <Button small onClick={onReset}>
          Default
        </Button>
      </div>
    </div>
  )
}

function branch(path: string, label: string): Branch {
  return { path, label, branches: new Map(), leaves: [] }
}

function at(root: Branch, keys: readonly string[]): Branch {
  let here = root
  for (const key of keys) {
    let next = here.branches.get(key)
    if (!next) here.branches.set(key, (next = branch(here.path ? `${here.path}.${key}` : key, key)))
    here = next
  }
  return here
}

function leavesOf(b: Branch): Leaf[] {
  return [...[...b.branches.values()].flatMap(leavesOf), ...b.leaves]
}
