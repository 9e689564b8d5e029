// What gives lines their colour, their dash and their chart.

import { useMemo, useState } from 'react'
import { joinKeys, splitKeys } from '../../../base/address'
import type { MetricRun } from '../../../base/api/types'
import { useRunColours } from '../../../base/runColours'
import type { ChartGroup } from '../../../charts/layout/model'
import { Swatch } from '../../../widgets/basics'
import { Chip } from '../../../widgets/Chip'
import { MenuItem, MenuLine, MenuTitle } from '../../../widgets/Popover'
import ui from '../../../widgets/ui.module.css'
import { SlotPicker } from '../../facts/RunColour'
import { itemLabel } from '../grouped/slotFields'
import { colourOf } from '../groupColours'
import type { FieldOption } from '../fieldOptions'
import { SlotItems } from './SlotItems'
import type { ViewProps } from './view'

const SLOT_ROWS = 60
const NO_ITEMS: readonly string[] = []

interface GroupingProps extends ViewProps {
  /** How lines can be distinguished; read when a chip is opened, since the params of many runs take their time. */
  readonly fields: () => readonly FieldOption[]
  readonly runs: Readonly<Record<string, MetricRun>>
  /** Of the page of one run, which has nothing to group by run. */
  readonly single: boolean
}

const labelOf = (items: readonly string[]) => items.map(itemLabel).join(', ')

export function ColourChip({
  view,
  change,
  fields,
  runs,
  single,
  groups,
}: GroupingProps & { groups: readonly ChartGroup[] }) {
  const usual = single ? 'context' : 'run'
  const items = splitKeys(view.colour)
  return (
    <Chip
      label="Colour"
      value={labelOf(items) || 'none'}
      onReset={view.colour === usual ? undefined : () => change({ colour: usual, slots: {} })}
    >
      {() => (
        <>
          {groups.length > 0 && view.colour && (
            <Slots
              groups={groups}
              byRun={view.colour === 'run'}
              value={view.slots}
              onChange={(slots) => change({ slots })}
            />
          )}
          <SlotItems
            label="Colour by"
            items={items}
            onChange={(next) => change({ colour: joinKeys(next), slots: {} })}
            fields={() => [...(single ? [{ value: 'context', label: 'context' }] : []), ...fields()]}
            runs={runs}
            usual={usual}
          />
        </>
      )}
    </Chip>
  )
}

export function DashChip({ view, change, fields, runs }: GroupingProps) {
  const items = splitKeys(view.dash)
  return (
    <Chip label="Dash" value={labelOf(items) || 'none'} onReset={view.dash ? () => change({ dash: '' }) : undefined}>
      {() => (
        <SlotItems
          label="Dash by"
          items={items}
          onChange={(next) => change({ dash: joinKeys(next) })}
          fields={fields}
          runs={runs}
          usual="run"
        />
      )}
    </Chip>
  )
}

export function ChartChip({ view, change, fields, runs, single }: GroupingProps) {
  return (
    <Chip
      label="Chart"
      value={view.facets === null ? 'name, context' : view.facets.length === 0 ? 'one' : labelOf(view.facets)}
      onReset={view.facets !== null && !single ? () => change({ facets: null }) : undefined}
    >
      {() => (
        <>
          <div role="menu" aria-label="Charts">
            <MenuItem checked={view.facets === null} onSelect={() => change({ facets: null })}>
              one per name and context
            </MenuItem>
            <MenuItem checked={view.facets?.length === 0} onSelect={() => change({ facets: [] })}>
              all in one
            </MenuItem>
          </div>
          <MenuLine />
          <MenuTitle>One per value of</MenuTitle>
          <SlotItems
            label="Chart by"
            items={view.facets ?? NO_ITEMS}
            onChange={(facets) => change({ facets })}
            fields={fields}
            runs={runs}
            usual=""
          />
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
