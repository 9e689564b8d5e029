import { useMemo } from 'react'
import type { BandKind, LineKind } from '../../../charts/data/aggregate'
import type { MetricRun } from '../../../base/api/types'
import { formatCount, plural } from '../../../base/format'
import { aggregateName } from '../../../charts/layout/texts'
import { Chip } from '../../../widgets/Chip'
import { MenuItem, MenuLine, MenuTitle } from '../../../widgets/Popover'
import { BUT_SEED, slotFields } from '../grouped/slotFields'
import { groupCount, SEED_BAND } from '../grouped/seeds'
import { fieldLabel } from '../grouping'
import type { ViewProps } from './view'

const LINES: readonly LineKind[] = ['mean', 'median', 'min', 'max']
const BANDS: readonly { value: BandKind; label: string }[] = [
  { value: 'none', label: 'no band' },
  { value: 'min-max', label: 'min–max' },
  { value: 't95', label: '95 % t interval' },
  { value: 'std', label: 'standard deviation' },
  { value: 'stderr', label: 'standard error' },
  { value: 'iqr', label: 'interquartile range' },
]

interface Props extends ViewProps {
  readonly runs: Readonly<Record<string, MetricRun>>
  /** Of the page of one run, which has no seeds to compare. */
  readonly single: boolean
}

/** A group of lines as one line and a band. */
export function AggregateChip({ view, change, runs, single }: Props) {
  return (
    <Chip
      label="Aggregate"
      value={
        view.aggregate
          ? `${aggregateName(view.aggregate.line, view.aggregate.band)}${view.onlyAll ? ', where all are present' : ''}`
          : 'none'
      }
      onReset={view.aggregate ? () => change({ aggregate: null, onlyAll: false, withBroken: true }) : undefined}
    >
      {() => (
        <>
          {!single && <MeanOverSeeds view={view} change={change} runs={runs} />}
          <MenuItem
            checked={view.aggregate === null}
            onSelect={() => change({ aggregate: null, onlyAll: false, withBroken: true })}
          >
            none: every line
          </MenuItem>
          <MenuLine />
          <MenuTitle>Line</MenuTitle>
          {LINES.map((line) => (
            <MenuItem
              key={line}
              checked={view.aggregate?.line === line}
              onSelect={() => change({ aggregate: { line, band: view.aggregate?.band ?? 'min-max' } })}
            >
              {line}
            </MenuItem>
          ))}
          <MenuTitle>Band</MenuTitle>
          {BANDS.map((b) => (
            <MenuItem
              key={b.value}
              checked={view.aggregate?.band === b.value}
              onSelect={() => change({ aggregate: { line: view.aggregate?.line ?? 'mean', band: b.value } })}
            >
              {b.label}
            </MenuItem>
          ))}
          <MenuLine />
          <MenuItem
            checked={view.onlyAll}
            disabled={view.aggregate === null}
            onSelect={() => change({ onlyAll: !view.onlyAll })}
          >
            only where all are present
          </MenuItem>
          <MenuItem
            checked={!view.withBroken}
            disabled={view.aggregate === null}
            onSelect={() => change({ withBroken: !view.withBroken })}
          >
            without crashed and failed runs
          </MenuItem>
        </>
      )}
    </Chip>
  )
}

/** Runs that differ in their seed alone as one line: offered where some do. */
function MeanOverSeeds({ view, change, runs }: Omit<Props, 'single'>) {
  const groups = useMemo(() => groupCount(runs), [runs])
  if (groups === null) return null
  const isOn = view.colour === BUT_SEED && view.aggregate?.line === 'mean' && view.aggregate.band === SEED_BAND
  return (
    <>
      <MenuItem
        checked={isOn}
        hint={`${plural(groups, 'group')} of ${formatCount(Object.keys(runs).length)} runs`}
        onSelect={() => change({ colour: BUT_SEED, slots: {}, aggregate: { line: 'mean', band: SEED_BAND } })}
      >
        Mean over seeds
      </MenuItem>
      <MenuTitle>left out of the groups: {slotFields(BUT_SEED, runs).leftOut.map(fieldLabel).join(', ')}</MenuTitle>
      <MenuLine />
    </>
  )
}
