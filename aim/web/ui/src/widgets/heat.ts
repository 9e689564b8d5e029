// The sequential scale as the background of cells, with text that can be read on it: black or white, whichever has more
// contrast. One of the two has at least 4.58:1 on any colour.

import { shareBetween } from './spark'

export interface Heat {
  readonly background: string
  readonly color: string
}

type Rgb = readonly [number, number, number]
const LEVELS = 48
const STOPS = 10

function rgb(text: string): Rgb {
  const digits = text.trim().slice(1)
  // The build writes #000000 as #000.
  const n = parseInt(digits.length === 3 ? [...digits].map((d) => d + d).join('') : digits, 16)
  return [n >> 16, (n >> 8) & 255, n & 255]
}

function luminance(c: Rgb): number {
  const [r, g, b] = c.map((v) =>
    v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
  ) as unknown as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

/** Levels between the stops of the scale, each with its text. Pure. */
export function heatLevels(stops: readonly string[], dark: string, light: string): Heat[] {
  const colours = stops.map(rgb)
  return Array.from({ length: LEVELS }, (_, i) => {
    const at = (i / (LEVELS - 1)) * (colours.length - 1)
    const lo = Math.min(colours.length - 2, Math.floor(at))
    const mix = colours[lo]!.map((v, k) => Math.round(v + (colours[lo + 1]![k]! - v) * (at - lo))) as unknown as Rgb
    return {
      background: `rgb(${mix.join(' ')})`,
      color: contrast(mix, rgb(dark)) >= contrast(mix, rgb(light)) ? dark : light,
    }
  })
}

let levels: Heat[] | null = null

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
  if (!levels) {
    const style = getComputedStyle(document.documentElement)
    const get = (name: string) => style.getPropertyValue(name).trim()
    levels = heatLevels(
      Array.from({ length: STOPS }, (_, i) => get(`--seq-${i}`)),
      get('--seq-text-dark'),
      get('--seq-text-light'),
    )
  }
  return levels[Math.round(heatShare(value, min, max) * (LEVELS - 1))]!
}
