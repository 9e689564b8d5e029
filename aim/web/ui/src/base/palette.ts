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
  readonly data: readonly string[]
  readonly font: string
}

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
    data: [1, 2, 3, 4, 5, 6, 7, 8].map((i) => get(`--data-${i}`)),
    font: get('--ui-font'),
  }
  return current
}

export function forgetPalette(): void {
  current = null
}

export const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4]]

export const NEUTRAL = -1

/** Slot and dash of the n-th group: eight colours, then the same colours with the next dash, then neutral. */
export function slotOf(n: number): { slot: number; dash: number } {
  if (n >= 8 * DASHES.length) return { slot: NEUTRAL, dash: 0 }
  return { slot: n % 8, dash: Math.floor(n / 8) }
}

export function slotColour(p: Palette, slot: number): string {
  return slot === NEUTRAL ? p.cross : p.data[slot]!
}

/** The same as a style value, for swatches. */
export function slotVariable(slot: number): string {
  return slot === NEUTRAL ? 'var(--cross)' : `var(--data-${slot + 1})`
}
