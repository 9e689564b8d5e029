// What can be done with one column of the runs table, from the menu in its head.

import { useState } from 'react'
import { MenuItem, MenuTitle } from '../../widgets/Popover'
import { Button, cx } from '../../widgets/basics'
import ui from '../../widgets/ui.module.css'
import { literal } from '../../parts/query/filterTerms'
import { metricColumn, metricId, queryName, sortKey } from '../../parts/fields/columnLayout'
import { fieldOfColumn, type RunField } from '../../parts/fields/runFields'
import css from './columns.module.css'
import { Histogram } from './Histogram'

export interface ColumnActions {
  readonly q: string
  readonly group: readonly string[]
  readonly pinned: readonly string[]
  readonly heat: readonly string[]
  /** All columns but the name, in order. */
  readonly list: readonly string[]
  readonly goals: ReadonlyMap<string, 'min' | 'max' | null>
  sort(by: string, desc: boolean): void
  filter(terms: readonly string[]): void
  toggleGroup(field: string): void
  togglePin(id: string): void
  toggleHeat(id: string): void
  arrange(list: readonly string[]): void
  replace(id: string, by: string): void
}

/** Whether the server says how the values of a field spread: numbers, and words of which there are few. */
const hasSpread = (field: RunField) => field.type === 'duration' || (field.groupable && field.type !== 'texts')

export function ColumnMenu({
  id,
  title,
  isNumeric,
  isBool,
  byLog,
  actions,
  close,
}: {
  id: string
  title: string
  isNumeric: boolean
  isBool: boolean
  /** Its colours go by the logarithm. */ byLog: boolean
  actions: ColumnActions
  close: () => void
}) {
  const [histogram, setHistogram] = useState(false)
  const metric = metricColumn(id)
  const name = queryName(id)
  const isName = id === '@name'
  const at = actions.list.indexOf(id)
  const field = fieldOfColumn(id)
  const groupField = field?.name ?? id
  const canGroup = field ? field.groupable : !metric
  const canSpread = field ? hasSpread(field) : true
  const act = (f: () => void) => () => {
    close()
    f()
  }
  const move = (by: number) => {
    const next = [...actions.list]
    next.splice(at, 1)
    next.splice(at + by, 0, id)
    actions.arrange(next)
  }
  return (
    <div className={css.menu}>
      <div role="menu" aria-label={`Column ${title}`}>
        <MenuItem onSelect={act(() => actions.sort(sortKey(id), false))}>Sort ascending</MenuItem>
        <MenuItem onSelect={act(() => actions.sort(sortKey(id), true))}>Sort descending</MenuItem>
        {canGroup && (
          <MenuItem checked={actions.group.includes(groupField)} onSelect={act(() => actions.toggleGroup(groupField))}>
            Group by
          </MenuItem>
        )}
        {isNumeric && (
          <MenuItem
            checked={actions.heat.includes(id)}
            hint={byLog ? 'by logarithm' : undefined}
            onSelect={act(() => actions.toggleHeat(id))}
          >
            Colour by value
          </MenuItem>
        )}
        {!isName && (
          <MenuItem checked={actions.pinned.includes(id)} onSelect={act(() => actions.togglePin(id))}>
            Pin left
          </MenuItem>
        )}
        {!isName && (
          <MenuItem disabled={at <= 0} onSelect={act(() => move(-1))}>
            Move left
          </MenuItem>
        )}
        {!isName && (
          <MenuItem disabled={at < 0 || at === actions.list.length - 1} onSelect={act(() => move(1))}>
            Move right
          </MenuItem>
        )}
        {!isName && (
          <MenuItem onSelect={act(() => actions.arrange(actions.list.filter((c) => c !== id)))}>Hide</MenuItem>
        )}
      </div>
      {metric && (
        <MetricValue
          id={id}
          goal={actions.goals.get(`${metric.name}|${metric.context}`) ?? null}
          onChoose={(next) => {
            close()
            actions.replace(id, next)
          }}
        />
      )}
      {name && !isName && (
        <div className={css.section}>
          <h3>Filter</h3>
          <FilterTo
            name={name}
            isTags={id === '@tags'}
            isNumber={isNumeric}
            onDone={(term) => {
              close()
              actions.filter([term])
            }}
          />
        </div>
      )}
      {canSpread && (
        <div className={css.section}>
          {histogram ? (
            <>
              <h3>Values</h3>
              <Histogram
                column={sortKey(id)}
                q={actions.q}
                isBool={isBool}
                onFilter={
                  name
                    ? (terms) => {
                        close()
                        actions.filter(terms.map((t) => `${name} ${t.operator} ${t.value}`))
                      }
                    : null
                }
              />
            </>
          ) : (
            <Button small onClick={() => setHistogram(true)}>
              Histogram of values
            </Button>
          )}
        </div>
      )}
    </div>
  )
}

/** Which value of a metric the column holds. */
function MetricValue({
  id,
  goal,
  onChoose,
}: {
  id: string
  goal: 'min' | 'max' | null
  onChoose: (id: string) => void
}) {
  const metric = metricColumn(id)!
  const of = (what: string) => metricId({ ...metric, what })
  const what = metric.what
  return (
    <div className={css.section}>
      <div role="menu" aria-label="Value of the metric">
        <MenuTitle>Value</MenuTitle>
        {(['last', 'min', 'max'] as const).map((w) => (
          <MenuItem key={w} checked={what === w} onSelect={() => onChoose(of(w))}>
            {w}
          </MenuItem>
        ))}
        <MenuItem
          checked={what === 'best:min' || (what === 'best' && goal === 'min')}
          hint={goal === 'min' ? 'guessed by its name' : undefined}
          onSelect={() => onChoose(of('best:min'))}
        >
          best is the lowest
        </MenuItem>
        <MenuItem
          checked={what === 'best:max' || (what === 'best' && goal === 'max')}
          hint={goal === 'max' ? 'guessed by its name' : undefined}
          onSelect={() => onChoose(of('best:max'))}
        >
          best is the highest
        </MenuItem>
      </div>
      <form
        className={css.form}
        onSubmit={(e) => {
          e.preventDefault()
          const step = Number(new FormData(e.currentTarget).get('step'))
          if (Number.isInteger(step)) onChoose(of(`at:${step}`))
        }}
      >
        <label htmlFor="at-step">at step</label>
        <input
          id="at-step"
          className={ui.input}
          name="step"
          type="number"
          step={1}
          required
          defaultValue={what.startsWith('at:') ? what.slice(3) : ''}
          title="The value at this step, or at the nearest before it"
        />
        <Button small type="submit">
          Show
        </Button>
      </form>
    </div>
  )
}

const OPERATORS = ['==', '!=', '>', '>=', '<', '<='] as const

function FilterTo({
  name,
  isTags,
  isNumber,
  onDone,
}: {
  name: string
  isTags: boolean
  isNumber: boolean
  onDone: (term: string) => void
}) {
  return (
    <form
      className={css.form}
      onSubmit={(e) => {
        e.preventDefault()
        const data = new FormData(e.currentTarget)
        const value = String(data.get('value') ?? '').trim()
        if (value)
          onDone(
            isTags
              ? `${JSON.stringify(value)} in ${name}`
              : `${name} ${String(data.get('operator'))} ${literal(value)}`,
          )
      }}
    >
      {!isTags && (
        <select
          className={cx(ui.input)}
          name="operator"
          aria-label="Operator"
          defaultValue={isNumber ? '<=' : '=='}
          style={{ width: 60, flex: 'none' }}
        >
          {OPERATORS.map((o) => (
            <option key={o}>{o}</option>
          ))}
        </select>
      )}
      <input
        className={ui.input}
        name="value"
        autoComplete="off"
        placeholder={isTags ? 'Tag' : 'Value'}
        aria-label={isTags ? 'Tag' : 'Value'}
      />
      <Button small type="submit">
        Filter
      </Button>
    </form>
  )
}
