import { useState } from 'react'
import { parseNumber } from '../../../base/address'
import { axisLabel, type XAxis } from '../../../charts/layout/axis'
import { Button } from '../../../widgets/basics'
import { Dialog, DialogButtons } from '../../../widgets/Dialog'
import ui from '../../../widgets/ui.module.css'
import type { Span } from './chartDomains'
import css from './pane.module.css'
import { typedRange } from './typedRange'

interface Props {
  readonly title: string
  readonly axis: XAxis
  /** What is chosen now; null: automatic. */
  readonly x: Span | null
  readonly y: Span | null
  /** What x spans now, for an end that is left empty. */
  readonly shown: Span | null
  readonly onSet: (x: Span | null, y: Span | null) => void
  readonly onClose: () => void
}

/** The ranges of a chart, typed. */
export default function RangeDialog({ title, axis, x, y, shown, onSet, onClose }: Props) {
  const [xs, setXs] = useState(textsOf(x))
  const [ys, setYs] = useState(textsOf(y))
  const nextX = axis === 'time' ? x : typedRange(xs, shown)
  const nextY = typedRange(ys, null)
  const isWrong = nextX === undefined || nextY === undefined
  return (
    <Dialog title={`Range of ${title}`} onClose={onClose}>
      <form
        onSubmit={(e) => {
          e.preventDefault()
          if (isWrong) return
          onSet(nextX, nextY)
          onClose()
        }}
      >
        <div className={css.ranges}>
          {axis === 'time' ? (
            <p className="muted">A time is chosen by dragging across the chart.</p>
          ) : (
            <Ends
              label={`x, ${axisLabel(axis)}${axis === 'relative_time' ? ' in seconds' : ''}`}
              value={xs}
              onChange={setXs}
              isFirst
            />
          )}
          <Ends label="y" value={ys} onChange={setYs} />
        </div>
        <p className="muted" role="status">
          {isWrong ? 'From must be a number below to. Both empty: automatic.' : 'Both empty: automatic.'}
        </p>
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button primary type="submit" disabled={isWrong}>
            Set range
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}

type Texts = readonly [string, string]

const textsOf = (range: Span | null): Texts => (range ? [String(range[0]), String(range[1])] : ['', ''])

interface EndsProps {
  readonly label: string
  readonly value: Texts
  readonly onChange: (value: Texts) => void
  readonly isFirst?: boolean
}

function Ends({ label, value: [from, to], onChange, isFirst = false }: EndsProps) {
  return (
    <>
      <b>{label}</b>
      <input
        className={ui.input}
        inputMode="decimal"
        placeholder="from"
        aria-label={`${label}, from`}
        value={from}
        data-autofocus={isFirst ? '' : undefined}
        aria-invalid={from.trim() !== '' && parseNumber(from.trim()) === null}
        onChange={(e) => onChange([e.target.value, to])}
      />
      <input
        className={ui.input}
        inputMode="decimal"
        placeholder="to"
        aria-label={`${label}, to`}
        value={to}
        aria-invalid={to.trim() !== '' && parseNumber(to.trim()) === null}
        onChange={(e) => onChange([from, e.target.value])}
      />
    </>
  )
}
