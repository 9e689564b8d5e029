// The colour of a run beside its name, and the choice of another one.

import type { ReactNode } from 'react'
import { CATEGORIES } from '../../base/palette'
import { useRunColours, useRunSlot, type ColouredRun } from '../../base/runColours'
import { Button, Swatch } from '../../widgets/basics'
import { MenuTitle, Popover } from '../../widgets/Popover'

const SLOT_NAMES = ['blue', 'orange', 'green', 'pink', 'cyan', 'red', 'violet', 'olive'] as const
const SLOTS = Array.from({ length: CATEGORIES }, (_, slot) => ({ slot, name: SLOT_NAMES[slot]! }))

/** The colour that a run has on every page. */
export function RunSwatch({ run }: { run: ColouredRun }) {
  const slotOf = useRunSlot()
  return <Swatch slot={slotOf(run)} />
}

/** The same as a button, with the choice of another. */
export function RunColour({ run }: { run: ColouredRun }) {
  const slotOf = useRunSlot()
  const { chosen, choose } = useRunColours()
  return (
    <Popover
      label="Colour of this run"
      trigger={(t) => (
        <Button icon quiet small aria-label="Colour of this run" title="Colour of this run, on every page" {...t}>
          <Swatch slot={slotOf(run)} />
        </Button>
      )}
    >
      {() => (
        <>
          <MenuTitle>Colour of this run</MenuTitle>
          <SlotPicker label="Colour of this run" value={chosen[run.hash]} onChange={(slot) => choose(run.hash, slot)} />
        </>
      )}
    </Popover>
  )
}

interface PickerProps {
  readonly label: string
  /** undefined: nothing was chosen. */
  readonly value: number | undefined
  readonly onChange: (slot: number | null) => void
}

/** One of the eight colours, or the one that it has without a choice. */
export function SlotPicker({ label, value, onChange }: PickerProps): ReactNode {
  return (
    <div style={{ display: 'flex', gap: 2, padding: '2px 8px 6px' }} role="group" aria-label={label}>
      {SLOTS.map(({ name, slot }) => (
        <Button
          key={name}
          small
          icon
          quiet
          on={value === slot}
          aria-pressed={value === slot}
          aria-label={name}
          title={name}
          onClick={() => onChange(slot)}
        >
          <Swatch slot={slot} />
        </Button>
      ))}
      <Button small quiet disabled={value === undefined} onClick={() => onChange(null)}>
        Auto
      </Button>
    </div>
  )
}
