// How figures are made, as this browser remembers it; the title belongs to the chart.

import { store, storedText } from '../../../base/stores'
import type { FigureOptions, FigureTheme, LegendPlace } from '../../../charts/draw/figure'

export type Unit = 'px' | 'cm'

export interface FigureSettings extends Omit<FigureOptions, 'title'> {
  /** What width and height are typed in. */
  readonly unit: Unit
}

export const DEFAULTS: FigureSettings = {
  legend: 'right',
  theme: 'light',
  width: 900,
  height: 420,
  fontSize: 12,
  withNotes: true,
  unit: 'px',
}

/** A pixel of CSS is 1/96 inch. */
export const PX_PER_CM = 96 / 2.54
export const LEAST = { width: 240, height: 160, fontSize: 6 }
export const MOST = { width: 4000, height: 4000, fontSize: 40 }

export const PRESETS: readonly { readonly label: string; readonly settings: Partial<FigureSettings> }[] = [
  { label: 'Screen', settings: DEFAULTS },
  { label: 'Slide', settings: { unit: 'px', width: 1600, height: 800, fontSize: 22, legend: 'right' } },
  {
    label: 'Paper, one column',
    settings: {
      unit: 'cm',
      width: 8.5 * PX_PER_CM,
      height: 6 * PX_PER_CM,
      fontSize: 10,
      legend: 'below',
      theme: 'light',
    },
  },
  {
    label: 'Paper, two columns',
    settings: {
      unit: 'cm',
      width: 17.8 * PX_PER_CM,
      height: 7 * PX_PER_CM,
      fontSize: 10,
      legend: 'right',
      theme: 'light',
    },
  },
]

const within = (n: unknown, key: keyof typeof LEAST): number => {
  const number = typeof n === 'number' && Number.isFinite(n) ? n : DEFAULTS[key]
  return Math.min(MOST[key], Math.max(LEAST[key], number))
}

const oneOf = <T extends string>(value: unknown, all: readonly T[], fallback: T): T =>
  all.includes(value as T) ? (value as T) : fallback

export const LEGENDS: readonly LegendPlace[] = ['right', 'below', 'none']
export const THEMES: readonly FigureTheme[] = ['light', 'dark', 'transparent']

/** Settings from anywhere, with what cannot be replaced by what can. */
export function checked(wanted: Partial<Record<keyof FigureSettings, unknown>>): FigureSettings {
  return {
    legend: oneOf(wanted.legend, LEGENDS, DEFAULTS.legend),
    theme: oneOf(wanted.theme, THEMES, DEFAULTS.theme),
    width: within(wanted.width, 'width'),
    height: within(wanted.height, 'height'),
    fontSize: within(wanted.fontSize, 'fontSize'),
    withNotes: typeof wanted.withNotes === 'boolean' ? wanted.withNotes : DEFAULTS.withNotes,
    unit: oneOf(wanted.unit, ['px', 'cm'] as const, DEFAULTS.unit),
  }
}

export function loadSettings(): FigureSettings {
  try {
    return checked(JSON.parse(storedText('figure', '{}')) as Partial<FigureSettings>)
  } catch {
    return DEFAULTS
  }
}

export function saveSettings(settings: FigureSettings): void {
  store('figure', JSON.stringify(settings))
}
