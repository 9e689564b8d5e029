import { create } from 'zustand'
import { store, storedNumber, storedText } from '../../../base/stores'
import { MOST_PER_ROW, SIZES, type ChartSize, type Sizes } from './sizes'

interface SizesStore extends Sizes {
  set(patch: Partial<Sizes>): void
}

function storedSizes(): Sizes {
  const size = storedText('chart-size', 'M') as ChartSize
  const perRow = storedNumber('charts-per-row', 0)
  return {
    size: SIZES.includes(size) ? size : 'M',
    perRow: Number.isInteger(perRow) && perRow >= 0 && perRow <= MOST_PER_ROW ? perRow : 0,
  }
}

/** Sizes of charts: of this browser, as all sizes of a page are. */
export const useSizes = create<SizesStore>((set) => ({
  ...storedSizes(),
  set(patch) {
    if (patch.size !== undefined) store('chart-size', patch.size)
    if (patch.perRow !== undefined) store('charts-per-row', String(patch.perRow))
    set(patch)
  },
}))
