import type { Smoothing, SmoothingKind } from '../../../base/api/types'
import { MOST, SMOOTHING_LABELS } from '../../../charts/data/smooth'
import { Button } from '../../../widgets/basics'
import { Chip } from '../../../widgets/Chip'
import ui from '../../../widgets/ui.module.css'
import { useSmoothingText } from '../smoothingSpans'
import type { ViewProps } from './view'

export function SmoothingChip({ view, change }: ViewProps) {
  return (
    <Chip
      label="Smoothing"
      value={useSmoothingText(view.smoothing, view.x)}
      onReset={view.smoothing ? () => change({ smoothing: null }) : undefined}
      wide
    >
      {() => <SmoothingControl value={view.smoothing} onChange={(smoothing) => change({ smoothing }, 'later')} />}
    </Chip>
  )
}

const SMOOTHING_TEXT: Record<SmoothingKind, string> = {
  ema: 'Exponential average. The number is what is left of the past from one point of the densest line to the next.',
  gaussian:
    'Average of the points around, by a Gaussian. The number is its standard deviation in points of the densest line.',
  mean: 'Mean of the points around. The number is how many of the densest line, before and after together.',
}
/** Where each kind begins, and the end of its slider; more can be typed. */
const SMOOTHING_START: Record<SmoothingKind, { first: number; end: number; step: number }> = {
  ema: { first: 0.6, end: 0.99, step: 0.01 },
  gaussian: { first: 3, end: 30, step: 0.5 },
  mean: { first: 9, end: 100, step: 1 },
}
const KINDS: readonly SmoothingKind[] = ['ema', 'gaussian', 'mean']

function SmoothingControl({ value, onChange }: { value: Smoothing | null; onChange: (v: Smoothing | null) => void }) {
  const kind = value?.kind ?? 'ema'
  const { end, step } = SMOOTHING_START[kind]
  const amount = value?.amount ?? 0
  const trim = value?.trim ? { trim: true } : {}
  const put = (n: number) => onChange(n > 0 ? { kind, amount: Math.min(MOST[kind], n), ...trim } : null)
  const take = (text: string) => {
    const n = Number(text)
    if (text.trim() !== '' && Number.isFinite(n) && n !== amount) put(n)
  }
  return (
    <div className={ui.field} style={{ margin: 0 }}>
      <div role="group" aria-label="Kind of smoothing" style={{ display: 'flex', gap: 4, flexWrap: 'wrap' }}>
        <Button small on={value === null} aria-pressed={value === null} onClick={() => onChange(null)}>
          none
        </Button>
        {KINDS.map((k) => (
          <Button
            key={k}
            small
            on={value?.kind === k}
            aria-pressed={value?.kind === k}
            onClick={() => {
              if (value?.kind !== k) onChange({ kind: k, amount: SMOOTHING_START[k].first, ...trim })
            }}
          >
            {SMOOTHING_LABELS[k]}
          </Button>
        ))}
      </div>
      <span>
        {SMOOTHING_TEXT[kind]} All lines of a chart are averaged over the same distance; the raw line stays behind.
      </span>
      <div style={{ display: 'grid', gridTemplateColumns: '1fr 76px', gap: 12, alignItems: 'center' }}>
        <input
          type="range"
          min={0}
          max={end}
          step={step}
          value={Math.min(amount, end)}
          aria-label="Weight"
          style={{ accentColor: 'var(--accent)' }}
          onChange={(e) => put(Number(e.target.value))}
        />
        <input
          className={ui.input}
          inputMode="decimal"
          aria-label="Weight as a number"
          key={`${kind} ${amount}`}
          defaultValue={amount}
          onBlur={(e) => take(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === 'Enter') take(e.currentTarget.value)
          }}
        />
      </div>
      <label style={{ display: 'flex', gap: 8, alignItems: 'center' }} title="Averages without rare far values">
        <input
          type="checkbox"
          checked={value?.trim === true}
          disabled={value === null}
          style={{ accentColor: 'var(--accent)' }}
          onChange={(e) => onChange({ kind, amount, ...(e.target.checked ? { trim: true } : {}) })}
        />
        Without outliers
      </label>
    </div>
  )
}
