// `+ filter`: a name, an operator and a value become a term of the query.

import { useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { api } from '../../base/api/client'
import type { SearchKind } from '../../base/search'
import { Button } from '../../widgets/basics'
import { exactText, formatCount } from '../../base/format'
import { Popover } from '../../widgets/Popover'
import ui from '../../widgets/ui.module.css'
import { Combo, type ComboOption } from './Combo'
import { NAME, OPERATORS, term, withTerm, type Operator } from './filterTerms'
import { fromTerms, terms } from './highlight'
import css from './QueryField.module.css'
import { queryOf } from '../../base/paramPath'

export function FilterBuilder({ query, kind, onRun }: { query: string; kind: SearchKind; onRun: (q: string) => void }) {
  return (
    <Popover
      label="Add a filter"
      wide
      trigger={(p) => (
        <Button small {...p} style={{ marginTop: 2 }}>
          <Plus size={13} strokeWidth={1.5} /> Filter
        </Button>
      )}
    >
      {(close) => (
        <>
          <Terms query={query} onRun={onRun} />
          <Form
            kind={kind}
            onDone={(t) => {
              close()
              onRun(withTerm(query, t))
            }}
          />
        </>
      )}
    </Popover>
  )
}

/** The terms that the query has, while it is simple enough to have any. */
function Terms({ query, onRun }: { query: string; onRun: (q: string) => void }) {
  const { head, terms: list } = terms(query.trim())
  if (list.length === 0) return null
  return (
    <ul className={css.terms} aria-label="Filters of the query">
      {list.map((t, i) => (
        <li key={i}>
          <code className="ellipsis" title={t}>
            {t}
          </code>
          <Button
            small
            icon
            quiet
            aria-label={`Remove ${t}`}
            onClick={() =>
              onRun(
                fromTerms(
                  head,
                  list.filter((_, k) => k !== i),
                ),
              )
            }
          >
            <X size={13} strokeWidth={1.5} />
          </Button>
        </li>
      ))}
    </ul>
  )
}

/** What a filter can be about. */
function useNames(kind: SearchKind): readonly ComboOption[] {
  const names = useQuery({ queryKey: ['names', ''], queryFn: ({ signal }) => api.names('', signal), staleTime: 60_000 })
  const n = names.data
  if (!n) return []
  const all = [
    ...n.params.map((p) => ({
      value: queryOf(p.path, new Map([[p.path, p.name ?? p.path]])),
      hint: `${formatCount(p.count)} runs`,
    })),
    ...n.fields.map((f) => ({ value: typeof f === 'string' ? f : f.name, hint: 'field' })),
    ...n.contexts.map((c) => ({ value: `context.${c.key}`, hint: 'context' })),
  ]
  return kind === 'metrics' ? all : all.filter((o) => !/^(metric|context)\b/.test(o.value))
}

/** The values that are recorded under a name. */
function useValues(name: string): ComboOption[] {
  const values = useQuery({
    queryKey: ['values', name],
    queryFn: ({ signal }) => api.values(name, '', signal),
    enabled: NAME.test(name),
    staleTime: 10_000,
    retry: false,
  })
  return (values.data?.values ?? []).map((v) => ({
    value: v.value === true ? 'True' : v.value === false ? 'False' : exactText(v.value),
    hint: v.count > 0 ? formatCount(v.count) : '',
  }))
}

function Form({ kind, onDone }: { kind: SearchKind; onDone: (term: string) => void }) {
  const [name, setName] = useState('')
  const [operator, setOperator] = useState<Operator>('==')
  const [value, setValue] = useState('')
  const valueField = useRef<HTMLInputElement>(null)
  const asked = name.trim()
  const options = useNames(kind)
  const values = useValues(asked)
  const ok = NAME.test(asked) && (operator === 'is None' || value.trim() !== '')
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault()
        if (ok) onDone(term(asked, operator, value))
      }}
    >
      <div className={ui.field}>
        <span>Name</span>
        <Combo
          label="Name"
          isFirst
          value={name}
          options={options}
          onChange={setName}
          onChoose={() => valueField.current?.focus()}
          placeholder="params.lr"
        />
      </div>
      <div style={{ display: 'grid', gridTemplateColumns: '110px 1fr', gap: 8 }}>
        <label className={ui.field}>
          <span>Operator</span>
          <select className={ui.input} value={operator} onChange={(e) => setOperator(e.target.value as Operator)}>
            {OPERATORS.map((o) => (
              <option key={o}>{o}</option>
            ))}
          </select>
        </label>
        <div className={ui.field}>
          <span>Value</span>
          <Combo
            label="Value"
            input={valueField}
            disabled={operator === 'is None'}
            value={value}
            options={values}
            onChange={setValue}
            placeholder={operator === 'in' ? 'a, b, c' : ''}
          />
        </div>
      </div>
      <div style={{ display: 'flex', alignItems: 'center', gap: 8 }}>
        <code className="ellipsis muted">{ok ? term(asked, operator, value) : ''}</code>
        <Button primary type="submit" disabled={!ok} style={{ marginLeft: 'auto' }}>
          Add
        </Button>
      </div>
    </form>
  )
}
