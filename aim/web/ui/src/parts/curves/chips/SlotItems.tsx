import { useMemo } from 'react'
import type { MetricRun } from '../../../base/api/types'
import { plural } from '../../../base/format'
import { MenuItem, MenuLine, MenuTitle } from '../../../widgets/Popover'
import { BUT_SEED, fieldsOf, isEverythingBut, toggledItem } from '../grouped/slotFields'
import { fieldLabel } from '../grouping'
import type { FieldOption } from '../fieldOptions'
import { Multi } from './Multi'

interface Props {
  readonly label: string
  readonly items: readonly string[]
  readonly onChange: (items: readonly string[]) => void
  readonly fields: () => readonly FieldOption[]
  readonly runs: Readonly<Record<string, MetricRun>>
  /** What there is before one chooses, such as `run`: a choice takes its place. */
  readonly usual: string
}

/** What gives lines their colour, dash or chart: one or several fields, or everything but the seed. */
export function SlotItems({ label, items, onChange, fields, runs, usual }: Props) {
  const { fields: chosen, leftOut } = useMemo(() => fieldsOf(items, runs), [items, runs])
  const everything = useMemo(() => fieldsOf([BUT_SEED], runs), [runs])
  const toggle = (item: string) => {
    if (items.includes(item)) onChange(items.filter((i) => i !== item))
    else if (item === usual || items.includes(usual)) onChange([item])
    else onChange(toggledItem(items, item, runs))
  }
  const canLeaveOut = everything.fields.length + everything.leftOut.length > 1
  return (
    <>
      {canLeaveOut && (
        <>
          <div role="menu" aria-label={`${label}: everything but`}>
            <MenuItem
              many
              checked={items.includes(BUT_SEED)}
              hint={plural(everything.fields.length, 'param')}
              onSelect={() => toggle(BUT_SEED)}
            >
              everything but seed
            </MenuItem>
          </div>
          {items.some(isEverythingBut) && leftOut.length > 0 && (
            <MenuTitle>left out: {leftOut.map(fieldLabel).join(', ')}</MenuTitle>
          )}
          <MenuLine />
        </>
      )}
      <Multi label={label} options={fields()} isChecked={(f) => chosen.includes(f)} onToggle={toggle} />
    </>
  )
}
