// What can be done with one column of the runs table, from the menu in its head.

import { useState, type ComponentProps, type ReactNode } from 'react'
import type { ParamNames } from '../../../base/paramPath'
import { toast } from '../../../base/stores'
import { isMeasured, metricColumn, NAME, queryName, sortKey } from '../../../parts/fields/columnLayout'
import { fieldOfColumn, type RunField } from '../../../parts/fields/runFields'
import { Button } from '../../../widgets/basics'
import { MenuItem } from '../../../widgets/Popover'
import { ColumnFilter } from './ColumnFilter'
import css from './columns.module.css'
import type { Histogram } from './Histogram'
import { MetricValue } from './MetricValue'

export interface ColumnActions {
  readonly q: string
  readonly group: readonly string[]
  readonly pinned: readonly string[]
  readonly heat: readonly string[]
  /** All columns but the name, in order. */
  readonly list: readonly string[]
  /** Of the params there are. */
  readonly names: ParamNames
  readonly goals: ReadonlyMap<string, 'min' | 'max' | null>
  sort(by: string, desc: boolean): void
  filter(terms: readonly string[]): void
  toggleGroup(field: string): void
  togglePin(id: string): void
  toggleHeat(id: string): void
  arrange(list: readonly string[]): void
  replace(id: string, by: string): void
}

/** Whether the server has a histogram of a field: of numbers, and of words with few values. */
const hasSpread = (field: RunField) => field.type === 'duration' || (field.groupable && field.type !== 'texts')

interface Props {
  readonly id: string
  readonly title: string
  readonly isNumeric: boolean
  readonly isBool: boolean
  /** Its colours go by the logarithm. */
  readonly byLog: boolean
  readonly actions: ColumnActions
  readonly close: () => void
}

export function ColumnMenu(props: Props) {
  const { id, title, isNumeric, isBool, actions, close } = props
  const metric = metricColumn(id)
  const name = queryName(id, actions.names)
  const field = fieldOfColumn(id)
  const canSpread = field ? hasSpread(field) : true
  const filter = (terms: readonly string[]) => {
    close()
    actions.filter(terms)
  }
  return (
    <div className={css.menu}>
      <div role="menu" aria-label={`Column ${title}`}>
        <Items {...props} />
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
      {name && id !== NAME && (
        <Section title="Filter">
          <ColumnFilter name={name} isTags={id === '@tags'} isNumber={isNumeric} onDone={(term) => filter([term])} />
        </Section>
      )}
      {canSpread && (
        <SpreadSection
          column={sortKey(id)}
          q={actions.q}
          isBool={isBool}
          onFilter={name ? (terms) => filter(terms.map((t) => `${name} ${t.operator} ${t.value}`)) : null}
        />
      )}
    </div>
  )
}

function Items({ id, isNumeric, byLog, actions, close }: Props) {
  const { list } = actions
  const at = list.indexOf(id)
  const field = fieldOfColumn(id)
  const groupField = field?.name ?? id
  const canGroup = field ? field.groupable : !isMeasured(id)
  const act = (f: () => void) => () => {
    close()
    f()
  }
  const move = (by: number) => {
    const next = [...list]
    next.splice(at, 1)
    next.splice(at + by, 0, id)
    actions.arrange(next)
  }
  return (
    <>
      <MenuItem onSelect={act(() => actions.sort(sortKey(id), false))}>Sort ascending</MenuItem>
      <MenuItem onSelect={act(() => actions.sort(sortKey(id), true))}>Sort descending</MenuItem>
      {canGroup && (
        <MenuItem
          many
          checked={actions.group.includes(groupField)}
          onSelect={act(() => actions.toggleGroup(groupField))}
        >
          Group by
        </MenuItem>
      )}
      {isNumeric && (
        <MenuItem
          many
          checked={actions.heat.includes(id)}
          hint={byLog ? 'by logarithm' : undefined}
          onSelect={act(() => actions.toggleHeat(id))}
        >
          Colour by value
        </MenuItem>
      )}
      {id !== NAME && (
        <>
          <MenuItem many checked={actions.pinned.includes(id)} onSelect={act(() => actions.togglePin(id))}>
            Pin left
          </MenuItem>
          <MenuItem disabled={at <= 0} onSelect={act(() => move(-1))}>
            Move left
          </MenuItem>
          <MenuItem disabled={at < 0 || at === list.length - 1} onSelect={act(() => move(1))}>
            Move right
          </MenuItem>
          <MenuItem onSelect={act(() => actions.arrange(list.filter((c) => c !== id)))}>Hide</MenuItem>
        </>
      )}
    </>
  )
}

/** The histogram, once it is asked for: not a part of the first load, few columns are looked at like this. */
function SpreadSection(props: ComponentProps<typeof Histogram>) {
  const [Shown, setShown] = useState<typeof Histogram | null>(null)
  const load = () =>
    import('./Histogram').then(
      (part) => setShown(() => part.Histogram),
      () => toast('The server does not answer', { kind: 'error' }),
    )
  if (Shown)
    return (
      <Section title="Values">
        <Shown {...props} />
      </Section>
    )
  return (
    <div className={css.section}>
      <Button small onClick={() => void load()}>
        Histogram of values
      </Button>
    </div>
  )
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className={css.section}>
      <h3>{title}</h3>
      {children}
    </div>
  )
}
