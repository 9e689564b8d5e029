// The values of cells as their background: quiet tints from --heat-0 to --heat-2, on which the page's text can be read.

import { shareBetween } from './spark'

export interface Heat {
  readonly background: string
  readonly color: string
}

const LEVELS = 32

const levels: readonly Heat[] = Array.from({ length: LEVELS + 1 }, (_, i) => ({
  background: `color-mix(in srgb, var(--heat-2) ${Math.round((100 * i) / LEVELS)}%, var(--heat-0))`,
  color: 'var(--text)',
}))

/** More than this many times the smallest, and positive: values that people choose by powers of ten, such as learning rates. */
const WIDE = 100

/** Whether a column with these extremes is coloured by the logarithm: else all but its largest values were of one colour. */
export function isWide(min: number | null, max: number | null): boolean {
  return min !== null && max !== null && min > 0 && max / min > WIDE
}

/** The position of a value between the extremes of its column, 0 to 1. */
export function heatShare(value: number, min: number, max: number): number {
  if (!(max > min)) return 0.5
  const share = isWide(min, max)
    ? (Math.log(value) - Math.log(min)) / (Math.log(max) - Math.log(min))
    : shareBetween(value, min, max)
  return Math.min(1, Math.max(0, share))
}

/** The colours of a value between the smallest and the largest of its column; null where it has no place there. */
export function heatOf(value: number | undefined, min: number | null, max: number | null): Heat | null {
  if (value === undefined || Number.isNaN(value) || min === null || max === null) return null
  return levels[Math.round(heatShare(value, min, max) * LEVELS)]!
}
