// Colours and fonts of the charts, read once per theme from the tokens.

export interface Palette {
  readonly bg: string
  readonly text: string
  readonly text2: string
  readonly text3: string
  readonly grid: string
  readonly line: string
  readonly cross: string
  readonly err: string
  readonly warn: string
  readonly accent: string
  readonly ok: string
  readonly run: string
  readonly data: readonly string[]
  /** Stops of the scale of numbers, for lines. */
  readonly numbers: readonly string[]
  readonly font: string
}

/** The scale of numbers has ten stops, without the two that a line would not be seen in. */
const LINE_STOPS = 8

let current: Palette | null = null

export function palette(): Palette {
  if (current) return current
  const style = getComputedStyle(document.documentElement)
  const get = (name: string) => style.getPropertyValue(name).trim()
  current = {
    bg: get('--bg'),
    text: get('--text'),
    text2: get('--text-2'),
    text3: get('--text-3'),
    grid: get('--grid'),
    line: get('--line-strong'),
    cross: get('--cross'),
    err: get('--err'),
    warn: get('--warn'),
    accent: get('--accent'),
    ok: get('--ok'),
    run: get('--run'),
    data: [1, 2, 3, 4, 5, 6, 7, 8].map((i) => get(`--data-${i}`)),
    numbers: Array.from({ length: LINE_STOPS }, (_, i) => get(`--line-seq-${i}`)),
    font: get('--ui-font'),
  }
  return current
}

export function forgetPalette(): void {
  current = null
}

/** The colours of a theme that need not be the one that is shown. */
export function paletteOf(theme: 'light' | 'dark'): Palette {
  const root = document.documentElement
  const before = root.dataset.theme
  if (before === theme) return palette()
  root.dataset.theme = theme
  forgetPalette()
  const found = palette()
  if (before === undefined) delete root.dataset.theme
  else root.dataset.theme = before
  forgetPalette()
  return found
}

export const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4]]

export const NEUTRAL = -1

/** Slots are numbers, so that a theme switch keeps them: eight of categories, from 20 on those of statuses, from 100 on those of numbers. */
export const CATEGORIES = 8
const STATUS_FROM = 20
const NUMBERS_FROM = 100
/** Colours of the scale of numbers. The raster keeps a plane for each that it draws at once. */
export const LEVELS = 24

const STATUS_TOKENS = ['ok', 'run', 'warn', 'err'] as const
type StatusToken = (typeof STATUS_TOKENS)[number]

const STATUS_TOKEN: Readonly<Record<string, StatusToken>> = {
  finished: 'ok',
  running: 'run',
  stalled: 'warn',
  interrupted: 'warn',
  failed: 'err',
  crashed: 'err',
}

/** The slot of a status; neutral where it is none of those that have a colour. */
export function statusSlot(status: string): number {
  const token = STATUS_TOKEN[status]
  return token === undefined ? NEUTRAL : STATUS_FROM + STATUS_TOKENS.indexOf(token)
}

/** The slot of a number at a share of its scale, 0 to 1. */
export function numberSlot(share: number): number {
  return NUMBERS_FROM + Math.round(Math.min(1, Math.max(0, share)) * (LEVELS - 1))
}

/** A level of numbers as two neighbouring stops and how far it is from the first to the second. */
function stopsOf(slot: number, stops: number): { at: number; share: number } {
  const place = ((slot - NUMBERS_FROM) / (LEVELS - 1)) * (stops - 1)
  const at = Math.min(stops - 2, Math.floor(place))
  return { at, share: place - at }
}

export function slotColour(p: Palette, slot: number): string {
  if (slot >= NUMBERS_FROM) {
    const { at, share } = stopsOf(slot, p.numbers.length)
    return mixed(p.numbers[at]!, p.numbers[at + 1]!, share)
  }
  if (slot >= STATUS_FROM) return p[STATUS_TOKENS[slot - STATUS_FROM]!]
  return slot === NEUTRAL ? p.cross : p.data[slot]!
}

/** The same as a style value, for swatches. */
export function slotVariable(slot: number): string {
  if (slot >= NUMBERS_FROM) {
    const { at, share } = stopsOf(slot, LINE_STOPS)
    const first = `var(--line-seq-${at})`
    return share === 0 ? first : `color-mix(in srgb, ${first}, var(--line-seq-${at + 1}) ${(100 * share).toFixed(1)}%)`
  }
  if (slot >= STATUS_FROM) return `var(--${STATUS_TOKENS[slot - STATUS_FROM]!})`
  return slot === NEUTRAL ? 'var(--cross)' : `var(--data-${slot + 1})`
}

/** Two colours of the form `#rrggbb`, mixed. */
function mixed(a: string, b: string, share: number): string {
  const from = parseInt(a.slice(1), 16)
  const to = parseInt(b.slice(1), 16)
  const part = (shift: number) => {
    const x = (from >> shift) & 255
    return Math.round(x + (((to >> shift) & 255) - x) * share) << shift
  }
  return `#${(part(16) | part(8) | part(0)).toString(16).padStart(6, '0')}`
}
