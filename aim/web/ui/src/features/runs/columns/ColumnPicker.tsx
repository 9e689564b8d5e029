// Chooses columns: fields, params as a tree by the dots of their names, metrics with their summaries; searchable.

import { useMemo, useState } from 'react'
import type { ColumnsResult } from '../../../base/api/types'
import { formatCount } from '../../../base/format'
import { ExpressionField } from '../../../parts/curves/expressions/ExpressionField'
import { expressionId, isField, withColumns } from '../../../parts/fields/columnLayout'
import { Button } from '../../../widgets/basics'
import pages from '../../../widgets/pages.module.css'
import ui from '../../../widgets/ui.module.css'
import css from './columns.module.css'
import { ColumnTree } from './ColumnTree'
import { columnTree, leavesOf, type Leaf } from './columnsTree'

interface Props {
  /** The query of the table: expressions are computed in its runs. */
  readonly q: string
  readonly data: ColumnsResult | undefined
  /** What was picked where no columns were chosen. */
  readonly picked: string | null
  /** All columns but the name, in order. */
  readonly value: readonly string[]
  readonly onChange: (list: string[]) => void
  readonly onReset: () => void
}

export function ColumnPicker({ q, data, picked, value, onChange, onReset }: Props) {
  const [text, setText] = useState('')
  const [differ, setDiffer] = useState(false)
  const isSearch = text.trim() !== ''
  const chosen = useMemo(() => new Set(value), [value])
  // An expression that is unticked stays in the list, to be ticked again.
  const [known, setKnown] = useState(value)
  const [adding, setAdding] = useState(false)
  const root = useMemo(() => columnTree(data, text, differ, known), [data, text, differ, known])
  const shown = useMemo(() => leavesOf(root), [root])
  const hidden = differ ? (data?.params ?? []).filter((p) => p.distinct <= 1).length : 0
  const choose = (leaves: readonly Leaf[], on: boolean) => {
    const ids = leaves.map((l) => l.id)
    onChange(on ? withColumns(value, ids) : value.filter((v) => !ids.includes(v)))
  }
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
        {hidden > 0 && <small>{formatCount(hidden)} hidden</small>}
      </label>
      <ColumnTree root={root} chosen={chosen} isSearch={isSearch} onChoose={choose} />
      {adding && (
        <div style={{ marginTop: 8 }}>
          <ExpressionField
            q={q}
            value=""
            kind="column"
            onApply={(expression) => {
              const ids = [expressionId(expression)]
              setAdding(false)
              setKnown(withColumns(known, ids))
              onChange(withColumns(value, ids))
            }}
          />
        </div>
      )}
      <div style={{ display: 'flex', gap: 8, marginTop: 8 }}>
        <Button small on={adding} aria-expanded={adding} onClick={() => setAdding(!adding)}>
          Add expression
        </Button>
        {isSearch && shown.length > 1 && (
          <Button small onClick={() => choose(shown, true)}>
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
