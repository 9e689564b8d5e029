// What gives lines their colour, their dash and their chart.

import { useMemo, useState } from 'react'
import { useRunColours } from '../../../base/runColours'
import type { ChartGroup } from '../../../charts/layout/model'
import { Swatch } from '../../../widgets/basics'
import { Chip } from '../../../widgets/Chip'
import { Choices, MenuItem, MenuLine, MenuTitle } from '../../../widgets/Popover'
import ui from '../../../widgets/ui.module.css'
import { SlotPicker } from '../../facts/RunColour'
import { colourOf } from '../groupColours'
import type { FieldOption } from '../fieldOptions'
import { Multi } from './Multi'
import type { ViewProps } from './view'

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
            <Slots
              groups={groups}
              byRun={view.colour === 'run'}
              value={view.slots}
              onChange={(slots) => change({ slots })}
            />
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

/** A colour of the eight for a value; `auto` is the one that it has without a choice. */
function Slots({
  groups,
  byRun,
  value,
  onChange,
}: {
  groups: readonly ChartGroup[]
  /** The values are runs: a choice holds on every page. */
  byRun: boolean
  value: Readonly<Record<string, number>>
  onChange: (v: Record<string, number>) => void
}) {
  const [open, setOpen] = useState<string | null>(null)
  const { chosen: ownSlots, choose: chooseOwn } = useRunColours()
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
              {(value[key] ?? (byRun ? ownSlots[key] : undefined)) !== undefined && (
                <span className={ui.hint}>chosen</span>
              )}
            </button>
            {open === key && (
              <SlotPicker
                label={`Colour of ${g.label}`}
                value={value[key] ?? (byRun ? ownSlots[key] : undefined)}
                onChange={(slot) => {
                  if (byRun) chooseOwn(key, slot)
                  const { [key]: _, ...rest } = value
                  onChange(slot === null ? rest : { ...rest, [key]: slot })
                }}
              />
            )}
          </div>
        ))}
      </div>
      <MenuLine />
      <MenuTitle>Colour by</MenuTitle>
    </>
  )
}
