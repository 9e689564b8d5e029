import { ChevronDown, ChevronRight, Pin } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { formatCount } from '../../../base/format'
import { Chip } from '../../../widgets/Chip'
import css from '../../../widgets/pages.module.css'
import ui from '../../../widgets/ui.module.css'
import type { MetricsView } from '../metricsAddress'
import type { Model } from '../metricsModel'
import type { ChangeView } from '../usePane'
import { leavesOf, metricTree, pickedLeaves, toggled, type Branch, type Leaf, type MetricNode } from './metricTree'
import { finder } from './pick'
import own from './picker.module.css'

/** Rows in the list; the others are found by typing. */
const MOST = 400
/** Up to as many metrics every branch is open at first. */
const FEW = 40

interface Props {
  /** All charts, also those that are not shown. */
  readonly model: Model
  readonly view: MetricsView
  readonly change: ChangeView
  readonly names: readonly string[]
  readonly pins: ReadonlySet<string>
  readonly onPin: (key: string) => void
}

/** Which metrics are shown: by a pattern, by what their names begin with, or one by one. */
export function MetricPicker(p: Props) {
  const { show, picked } = p.view
  const n = picked.length
  const value = n === 0 ? show || 'all' : n <= 2 && !show ? picked.join(', ') : `${formatCount(n)} picked`
  const isSet = show !== '' || n > 0
  return (
    <Chip label="Metrics" value={value} onReset={isSet ? () => p.change({ show: '', picked: [] }) : undefined} wide>
      {() => <Picker {...p} />}
    </Chip>
  )
}

function Picker({ model, view, change, names, pins, onPin }: Props) {
  const [text, setText] = useState(view.show)
  const tree = metricTree(
    (function* () {
      for (const c of model.charts) for (const l of c.lines) yield l.sequence
    })(),
    names,
  )
  const chosen = pickedLeaves(tree, view.picked)
  const find = finder(text)
  const shown = text === '' ? tree : foundIn(tree, (key) => find(key) !== null)
  const count = (of: readonly Branch[]) => of.reduce((n, b) => n + leavesOf(b).length, 0)
  const [all, left] = [count(tree), count(shown)]
  const [closed, setClosed] = useState<ReadonlySet<string>>(
    () => new Set(all > FEW ? tree.filter((b) => b.prefix && leavesOf(b).length > 4).map((b) => b.prefix) : []),
  )
  const toggle = (leaves: readonly Leaf[]) => change({ show: '', picked: toggled(tree, view.picked, leaves) })
  const keys = new Set(model.charts.map((c) => c.key))
  const pinOf = (key: string) =>
    keys.has(key) && (
      <button
        type="button"
        className={css.eye}
        aria-pressed={pins.has(key)}
        aria-label={`Pin ${key} to the top`}
        onClick={() => onPin(key)}
        style={pins.has(key) ? { color: 'var(--accent)' } : undefined}
      >
        <Pin size={13} strokeWidth={1.5} />
      </button>
    )
  let room = MOST
  const rowsOf = (metrics: readonly MetricNode[], prefix: string) =>
    metrics.map((m) => {
      if (room <= 0) return null
      room -= m.leaves.length > 1 ? m.leaves.length + 1 : 1
      const [only] = m.leaves
      return (
        <div key={m.name}>
          <Row
            name={<Marked text={m.name} find={text === '' ? null : find} from={prefix ? prefix.length + 1 : 0} />}
            label={m.leaves.length === 1 ? only!.key : m.name}
            more={m.leaves.length === 1 ? only!.context : ''}
            n={m.leaves.reduce((n, l) => n + l.n, 0)}
            state={stateOf(m.leaves, chosen)}
            isNested={prefix !== ''}
            onToggle={() => toggle(m.leaves)}
          >
            {m.leaves.length === 1 && pinOf(only!.key)}
          </Row>
          {m.leaves.length > 1 &&
            m.leaves.map((l) => (
              <Row
                key={l.key}
                name={<span className="muted">{l.context || 'no context'}</span>}
                label={l.key}
                n={l.n}
                state={stateOf([l], chosen)}
                isNested
                isDeep={prefix !== ''}
                onToggle={() => toggle([l])}
              >
                {pinOf(l.key)}
              </Row>
            ))}
        </div>
      )
    })
  return (
    <div>
      <input
        className={ui.input}
        placeholder="Find, such as ^loss or val"
        aria-label="Find a metric"
        value={text}
        onChange={(e) => {
          setText(e.target.value)
          // What is picked stays: then the text only finds.
          if (view.picked.length === 0) change({ show: e.target.value }, 'later')
        }}
      />
      <div className={ui.menuTitle}>
        {text === '' ? `${formatCount(all)}` : `${formatCount(left)} of ${formatCount(all)}`} · nothing ticked shows all
      </div>
      <div className={own.list}>
        {shown.map((b) => {
          if (!b.prefix) return <div key="">{rowsOf(b.metrics, '')}</div>
          const isOpen = text !== '' || !closed.has(b.prefix)
          const leaves = leavesOf(b)
          return (
            <div key={b.prefix} role="group" aria-label={b.prefix}>
              <Row
                branch={
                  <button
                    type="button"
                    className={own.branch}
                    aria-expanded={isOpen}
                    onClick={() => setClosed(flipped(closed, b.prefix))}
                  >
                    {isOpen ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
                    <b>{b.prefix}</b>
                  </button>
                }
                label={`${b.prefix}/`}
                n={leaves.length}
                state={stateOf(leaves, chosen)}
                onToggle={() => toggle(leaves)}
              />
              {isOpen && rowsOf(b.metrics, b.prefix)}
            </div>
          )
        })}
        {room <= 0 && <div className={ui.menuTitle}>and more: type to find them</div>}
      </div>
    </div>
  )
}

type BoxState = 'all' | 'some' | 'none'

function stateOf(leaves: readonly Leaf[], chosen: ReadonlySet<string>): BoxState {
  const n = leaves.filter((l) => chosen.has(l.key)).length
  return n === 0 ? 'none' : n === leaves.length ? 'all' : 'some'
}

function foundIn(tree: readonly Branch[], isFound: (key: string) => boolean): Branch[] {
  return tree.flatMap((b) => {
    const metrics = b.metrics.flatMap((m) => {
      const leaves = m.leaves.filter((l) => isFound(l.key))
      return leaves.length > 0 ? [{ ...m, leaves }] : []
    })
    return metrics.length > 0 ? [{ ...b, metrics }] : []
  })
}

function flipped(set: ReadonlySet<string>, item: string): ReadonlySet<string> {
  const next = new Set(set)
  if (!next.delete(item)) next.add(item)
  return next
}

interface RowProps {
  readonly name?: ReactNode
  /** In place of a name: opens and closes the rows below. */
  readonly branch?: ReactNode
  readonly label: string
  readonly more?: string
  readonly n: number
  readonly state: BoxState
  readonly isNested?: boolean
  readonly isDeep?: boolean
  readonly onToggle: () => void
  readonly children?: ReactNode
}

function Row({ name, branch, label, more, n, state, isNested = false, isDeep = false, onToggle, children }: RowProps) {
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => {
    box.current!.indeterminate = state === 'some'
  }, [state])
  return (
    <div className={css.pickerRow} style={{ paddingLeft: 4 + (isNested ? 18 : 0) + (isDeep ? 18 : 0) }}>
      <label className={branch ? own.box : own.name} title={label}>
        <input ref={box} type="checkbox" aria-label={label} checked={state === 'all'} onChange={onToggle} />
        {!branch && (
          <span className="ellipsis">
            {name} {more && <span className="muted">{more}</span>}
          </span>
        )}
      </label>
      {branch}
      <small>{formatCount(n)}</small>
      {children}
    </div>
  )
}

/** A name with what was found in it; `from`: where it begins to be shown. */
function Marked({
  text,
  find,
  from,
}: {
  text: string
  find: ((text: string) => readonly [number, number] | null) | null
  from: number
}) {
  const found = find?.(text)
  if (!found || found[1] <= from) return text.slice(from)
  const begin = Math.max(from, found[0])
  return (
    <>
      {text.slice(from, begin)}
      <mark className={own.mark}>{text.slice(begin, found[1])}</mark>
      {text.slice(found[1])}
    </>
  )
}
