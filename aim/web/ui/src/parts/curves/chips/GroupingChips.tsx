// What gives lines their colour, their dash and their chart.

import { useMemo, useState } from 'react'
import type { ChartGroup } from '../../../charts/layout/model'
import { Button, Swatch } from '../../../widgets/basics'
import { Chip } from '../../../widgets/Chip'
import { Choices, MenuItem, MenuLine, MenuTitle } from '../../../widgets/Popover'
import ui from '../../../widgets/ui.module.css'
import { colourOf } from '../groupColours'
import type { FieldOption } from '../fieldOptions'
import { Multi } from './Multi'
import type { ViewProps } from './view'

const SLOT_NAMES = ['blue', 'orange', 'green', 'pink', 'cyan', 'red', 'violet', 'olive'] as const
const SLOT_ROWS = 60
const NONE: FieldOption = { value: '', label: 'none' }

interface GroupingProps extends ViewProps {
  /** How lines can be distinguished; read when a chip is opened, since the params of many runs take their time. */
  readonly fields: () => readonly FieldOption[]
  /** Of the page of one run, which has nothing to group by run. */
  readonly single: boolean
}

export function ColourChip({
  view,
  change,
  fields,
  single,
  groups,
}: GroupingProps & { groups: readonly ChartGroup[] }) {
  const usual = single ? 'context' : 'run'
  return (
    <Chip
      label="Colour"
      value={view.colour || 'none'}
      onReset={view.colour === usual ? undefined : () => change({ colour: usual, slots: {} })}
    >
      {(close) => (
        <>
          {groups.length > 0 && view.colour && (
            <Slots groups={groups} value={view.slots} onChange={(slots) => change({ slots })} />
          )}
          <Choices
            options={[NONE, ...(single ? [{ value: 'context', label: 'context' }] : []), ...fields()]}
            value={view.colour}
            onChoose={(colour) => change({ colour, slots: {} })}
            close={close}
          />
        </>
      )}
    </Chip>
  )
}

export function DashChip({ view, change, fields }: GroupingProps) {
  return (
    <Chip label="Dash" value={view.dash || 'none'} onReset={view.dash ? () => change({ dash: '' }) : undefined}>
      {(close) => (
        <Choices options={[NONE, ...fields()]} value={view.dash} onChoose={(dash) => change({ dash })} close={close} />
      )}
    </Chip>
  )
}

export function ChartChip({ view, change, fields, single }: GroupingProps) {
  return (
    <Chip
      label="Chart"
      value={view.facets === null ? 'name, context' : view.facets.length === 0 ? 'one' : view.facets.join(', ')}
      onReset={view.facets !== null && !single ? () => change({ facets: null }) : undefined}
    >
      {() => (
        <>
          <MenuItem checked={view.facets === null} onSelect={() => change({ facets: null })}>
            one per name and context
          </MenuItem>
          <MenuItem checked={view.facets?.length === 0} onSelect={() => change({ facets: [] })}>
            all in one
          </MenuItem>
          <MenuLine />
          <MenuTitle>One per value of</MenuTitle>
          <Multi options={fields()} value={view.facets ?? []} onChange={(facets) => change({ facets })} />
        </>
      )}
    </Chip>
  )
}

/** A colour of the eight for a value; `auto` is its place in the order of first appearance. */
function Slots({
  groups,
  value,
  onChange,
}: {
  groups: readonly ChartGroup[]
  value: Readonly<Record<string, number>>
  onChange: (v: Record<string, number>) => void
}) {
  const [open, setOpen] = useState<string | null>(null)
  const values = useMemo(
    () => [...new Map(groups.map((g) => [colourOf(g.key), g])).entries()].slice(0, SLOT_ROWS),
    [groups],
  )
  return (
    <>
      <MenuTitle>Colour of each value</MenuTitle>
      <div style={{ maxHeight: 180, overflow: 'auto' }}>
        {values.map(([key, g]) => (
          <div key={key}>
            <button
              type="button"
              className={ui.menuItem}
              aria-expanded={open === key}
              onClick={() => setOpen(open === key ? null : key)}
            >
              <Swatch slot={g.slot} /> <span className="ellipsis">{g.label}</span>
              {value[key] !== undefined && <span className={ui.hint}>chosen</span>}
            </button>
            {open === key && (
              <div
                style={{ display: 'flex', gap: 2, padding: '2px 8px 6px' }}
                role="group"
                aria-label={`Colour of ${g.label}`}
              >
                {SLOT_NAMES.map((name, slot) => (
                  <Button
                    key={name}
                    small
                    icon
                    quiet
                    on={value[key] === slot}
                    aria-pressed={value[key] === slot}
                    aria-label={name}
                    title={name}
                    onClick={() => onChange({ ...value, [key]: slot })}
                  >
                    <Swatch slot={slot} />
                  </Button>
                ))}
                <Button
                  small
                  quiet
                  disabled={value[key] === undefined}
                  onClick={() => {
                    const next = { ...value }
                    delete next[key]
                    onChange(next)
                  }}
                >
                  Auto
                </Button>
              </div>
            )}
          </div>
        ))}
      </div>
      <MenuLine />
      <MenuTitle>Colour by</MenuTitle>
    </>
  )
}
