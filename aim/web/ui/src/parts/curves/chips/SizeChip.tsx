import { Chip } from '../../../widgets/Chip'
import { MenuItem, MenuLine, MenuTitle } from '../../../widgets/Popover'
import { MOST_PER_ROW, SIZES, type ChartSize } from '../pane/sizes'
import { useSizes } from '../pane/useSizes'

const NAMES: Record<ChartSize, string> = { S: 'small', M: 'medium', L: 'large' }
const PER_ROW = Array.from({ length: MOST_PER_ROW }, (_, i) => i + 1)

/** How large the charts are: kept in this browser, not in the address. */
export function SizeChip() {
  const { size, perRow, set } = useSizes()
  const isDefault = size === 'M' && perRow === 0
  return (
    <Chip
      label="Size"
      value={NAMES[size] + (perRow > 0 ? `, ${perRow} a row` : '')}
      onReset={isDefault ? undefined : () => set({ size: 'M', perRow: 0 })}
    >
      {() => (
        <>
          {SIZES.map((s) => (
            <MenuItem key={s} checked={size === s} onSelect={() => set({ size: s })}>
              {NAMES[s]}
            </MenuItem>
          ))}
          <MenuLine />
          <MenuTitle>Charts in a row</MenuTitle>
          <MenuItem checked={perRow === 0} onSelect={() => set({ perRow: 0 })}>
            as many as fit
          </MenuItem>
          {PER_ROW.map((n) => (
            <MenuItem key={n} checked={perRow === n} onSelect={() => set({ perRow: n })}>
              {String(n)}
            </MenuItem>
          ))}
        </>
      )}
    </Chip>
  )
}
