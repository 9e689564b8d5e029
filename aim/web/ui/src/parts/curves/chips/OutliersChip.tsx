import { useState } from 'react'
import { digitsFor, formatNumber } from '../../../base/format'
import type { Outliers } from '../../../charts/data/extent'
import { Button } from '../../../widgets/basics'
import { Chip } from '../../../widgets/Chip'
import { MenuItem, MenuLine } from '../../../widgets/Popover'
import ui from '../../../widgets/ui.module.css'
import type { ViewProps } from './view'

const CHOICES: readonly { value: 'auto' | 'off' | 'p1-p99'; label: string; hint?: string }[] = [
  { value: 'auto', label: 'auto', hint: 'clips rare far values' },
  { value: 'off', label: 'off: show all' },
  { value: 'p1-p99', label: 'clip p1–p99' },
]

function outliersText(outliers: Outliers): string {
  if (typeof outliers !== 'string') return outliers.map((v) => formatNumber(v, digitsFor(outliers))).join(' – ')
  return outliers === 'p1-p99' ? 'clip p1–p99' : outliers
}

/** Which values the y axis leaves out. */
export function OutliersChip({ view, change }: ViewProps) {
  const { outliers } = view
  return (
    <Chip
      label="Outliers"
      value={outliersText(outliers)}
      onReset={outliers !== 'auto' ? () => change({ outliers: 'auto' }) : undefined}
      wide
    >
      {(close) => {
        const choose = (next: Outliers) => {
          change({ outliers: next })
          close()
        }
        return (
          <>
            {CHOICES.map((c) => (
              <MenuItem key={c.value} checked={outliers === c.value} hint={c.hint} onSelect={() => choose(c.value)}>
                {c.label}
              </MenuItem>
            ))}
            <MenuLine />
            <FixedRange value={typeof outliers === 'string' ? null : outliers} onChange={choose} />
          </>
        )
      }}
    </Chip>
  )
}

function FixedRange({
  value,
  onChange,
}: {
  value: readonly [number, number] | null
  onChange: (r: readonly [number, number]) => void
}) {
  const [lo, setLo] = useState(value ? String(value[0]) : '')
  const [hi, setHi] = useState(value ? String(value[1]) : '')
  const ok = lo.trim() !== '' && hi.trim() !== '' && Number(lo) < Number(hi)
  return (
    <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr auto', gap: 8, padding: '4px 8px' }}>
      <input
        className={ui.input}
        placeholder="lowest"
        aria-label="Lowest y"
        value={lo}
        onChange={(e) => setLo(e.target.value)}
      />
      <input
        className={ui.input}
        placeholder="highest"
        aria-label="Highest y"
        value={hi}
        onChange={(e) => setHi(e.target.value)}
      />
      <Button disabled={!ok} onClick={() => onChange([Number(lo), Number(hi)])}>
        Fix
      </Button>
    </div>
  )
}
