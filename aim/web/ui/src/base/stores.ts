// Small stores of one browser tab: selection, settings, toasts, the state of the live connection.

import { create } from 'zustand'
import { forgetPalette } from './palette'

// ---- selection: one set of runs for all pages
interface Selection {
  readonly runs: ReadonlySet<string>
  toggle(run: string): void
  add(runs: readonly string[]): void
  set(runs: readonly string[]): void
  clear(): void
}

export const useSelection = create<Selection>((set, get) => ({
  runs: new Set<string>(),
  toggle(run) {
    const next = new Set(get().runs)
    if (!next.delete(run)) next.add(run)
    set({ runs: next })
  },
  add(runs) {
    set({ runs: new Set([...get().runs, ...runs]) })
  },
  set(runs) {
    set({ runs: new Set(runs) })
  },
  clear() {
    set({ runs: new Set() })
  },
}))

// ---- settings, kept in this browser
export type Theme = 'system' | 'light' | 'dark'
export type Density = 'compact' | 'regular'

function stored<T extends string>(key: string, fallback: T): T {
  try {
    return (localStorage.getItem(`aim.${key}`) as T | null) ?? fallback
  } catch {
    return fallback
  }
}

export function store(key: string, value: string): void {
  try {
    localStorage.setItem(`aim.${key}`, value)
  } catch {
    // Storage is switched off: the setting holds until the page is left.
  }
}

export const storedText = (key: string, fallback = ''): string => stored<string>(key, fallback)
export const storedNumber = (key: string, fallback: number): number => {
  const n = Number(stored<string>(key, ''))
  return Number.isFinite(n) && stored<string>(key, '') !== '' ? n : fallback
}

interface Settings {
  readonly theme: Theme
  readonly density: Density
  readonly keys: boolean
  readonly railOpen: boolean
  /** Grows with each change of what is painted; charts draw again. */
  readonly themeVersion: number
  set(patch: Partial<Pick<Settings, 'theme' | 'density' | 'keys' | 'railOpen'>>): void
}

const darkMedia = typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: dark)')

function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme =
    theme === 'dark' || (theme === 'system' && darkMedia?.matches) ? 'dark' : 'light'
  forgetPalette()
}

/** Paints the page in a theme that is not the setting. */
export function paintAs(theme: Theme): void {
  applyTheme(theme)
  useSettings.setState((s) => ({ themeVersion: s.themeVersion + 1 }))
}

export const useSettings = create<Settings>((set, get) => ({
  theme: stored<Theme>('theme', 'system'),
  density: stored<Density>('density', 'compact'),
  keys: stored<string>('keys', 'on') === 'on',
  railOpen: stored<string>('rail', 'closed') === 'open',
  themeVersion: 0,
  set(patch) {
    if (patch.theme) store('theme', patch.theme)
    if (patch.density) store('density', patch.density)
    if (patch.keys !== undefined) store('keys', patch.keys ? 'on' : 'off')
    if (patch.railOpen !== undefined) store('rail', patch.railOpen ? 'open' : 'closed')
    const next = { ...get(), ...patch }
    applyTheme(next.theme)
    document.documentElement.dataset.density = next.density
    set({ ...patch, themeVersion: get().themeVersion + 1 })
  },
}))

darkMedia?.addEventListener('change', () => {
  applyTheme(useSettings.getState().theme)
  useSettings.setState((s) => ({ themeVersion: s.themeVersion + 1 }))
})

export function nextTheme(): void {
  const { theme, set } = useSettings.getState()
  const next: Theme = theme === 'light' ? 'dark' : theme === 'dark' ? 'system' : 'light'
  set({ theme: next })
  toast(`Theme: ${next}`)
}

// ---- toasts
export interface Toast {
  readonly id: number
  readonly text: string
  readonly kind: 'info' | 'error'
  readonly action: { readonly label: string; readonly run: () => void } | null
}

interface Toasts {
  readonly list: readonly Toast[]
}

export const useToasts = create<Toasts>(() => ({ list: [] }))
let toastId = 0

/** Undo stays for 10 s, a plain message for 4 s. */
export function toast(text: string, options: { kind?: Toast['kind']; action?: Toast['action'] } = {}): void {
  const t: Toast = { id: ++toastId, text, kind: options.kind ?? 'info', action: options.action ?? null }
  useToasts.setState((s) => ({ list: [...s.list.slice(-3), t] }))
  setTimeout(() => dismissToast(t.id), t.action ? 10_000 : t.kind === 'error' ? 8_000 : 4_000)
}

export function dismissToast(id: number): void {
  useToasts.setState((s) => ({ list: s.list.filter((t) => t.id !== id) }))
}

export async function copyText(text: string, done = 'Copied'): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Not a secure context, such as plain HTTP from another host.
    const area = document.createElement('textarea')
    area.value = text
    area.style.position = 'fixed'
    area.style.opacity = '0'
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
  toast(done)
}
