import { Chip } from '../../../widgets/Chip'
import { MenuItem } from '../../../widgets/Popover'
import type { MetricsView } from '../metricsAddress'
import type { ViewProps } from './view'

const CHOICES: readonly { value: MetricsView['gaps']; label: string; hint: string }[] = [
  { value: 'auto', label: 'auto', hint: 'gaps in lines with even steps' },
  { value: true, label: 'on', hint: 'gaps in all lines' },
  { value: false, label: 'off', hint: 'joined by dashes' },
]

/** What a line does where more than three times its usual distance has no point. */
export function GapsChip({ view, change }: ViewProps) {
  return (
    <Chip
      label="Gaps"
      value={CHOICES.find((c) => c.value === view.gaps)!.label}
      onReset={view.gaps === 'auto' ? undefined : () => change({ gaps: 'auto' })}
    >
      {(close) =>
        CHOICES.map((c) => (
          <MenuItem
            key={c.label}
            checked={view.gaps === c.value}
            hint={c.hint}
            onSelect={() => {
              change({ gaps: c.value })
              close()
            }}
          >
            {c.label}
          </MenuItem>
        ))
      }
    </Chip>
  )
}
