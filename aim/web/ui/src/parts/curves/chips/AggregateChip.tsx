import type { BandKind, LineKind } from '../../../charts/data/aggregate'
import { Chip } from '../../../widgets/Chip'
import { MenuItem, MenuLine, MenuTitle } from '../../../widgets/Popover'
import type { ViewProps } from './view'

const LINES: readonly LineKind[] = ['mean', 'median', 'min', 'max']
const BANDS: readonly { value: BandKind; label: string }[] = [
  { value: 'none', label: 'no band' },
  { value: 'min-max', label: 'min–max' },
  { value: 'std', label: 'standard deviation' },
  { value: 'stderr', label: 'standard error' },
  { value: 'iqr', label: 'interquartile range' },
]

/** A group of lines as one line and a band. */
export function AggregateChip({ view, change }: ViewProps) {
  return (
    <Chip
      label="Aggregate"
      value={
        view.aggregate
          ? `${view.aggregate.line}${view.aggregate.band === 'none' ? '' : `, ${view.aggregate.band}`}`
          : 'none'
      }
      onReset={view.aggregate ? () => change({ aggregate: null }) : undefined}
    >
      {() => (
        <>
          <MenuItem checked={view.aggregate === null} onSelect={() => change({ aggregate: null })}>
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
        </>
      )}
    </Chip>
  )
}
