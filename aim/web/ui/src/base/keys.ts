// Keys of the page. Pages add theirs while they are shown; the list of `?` is made from what is registered.

import { useEffect, useRef } from 'react'
import { useSettings } from './stores'

export interface KeyDef {
  /** As `KeyboardEvent.key`, with `g r` for two in a row, `Ctrl+k`, `Shift+D`. */
  readonly key: string
  readonly does: string
  readonly run: (e: KeyboardEvent) => void
}

const sets = new Set<{ current: readonly KeyDef[] }>()
let chord = ''
let chordTimer = 0

export function useKeys(defs: readonly KeyDef[]): void {
  const ref = useRef<readonly KeyDef[]>(defs)
  ref.current = defs
  useEffect(() => {
    sets.add(ref)
    return () => {
      sets.delete(ref)
    }
  }, [])
}

export function registeredKeys(): KeyDef[] {
  const seen = new Set<string>()
  return [...sets].flatMap((s) => s.current).filter((d) => d.does && !seen.has(d.key) && seen.add(d.key))
}

const KEY_NAMES: Readonly<Record<string, string>> = {
  Escape: 'Esc',
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
}

/** The keys to press, as they are shown: `Ctrl`, `K`. */
export function keyParts(key: string): string[] {
  return key
    .split(/[ +](?=.)/)
    .map((p) => KEY_NAMES[p] ?? (key.startsWith('Ctrl+') ? p[0]!.toUpperCase() + p.slice(1) : p))
}

export function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type))
  )
}

function nameOf(e: KeyboardEvent): string {
  const parts: string[] = []
  if (e.ctrlKey || e.metaKey) parts.push('Ctrl')
  if (e.altKey) parts.push('Alt')
  if (e.shiftKey && (e.key.length > 1 || /[a-z]/i.test(e.key))) parts.push('Shift')
  parts.push(e.key.length === 1 && !e.shiftKey ? e.key.toLowerCase() : e.key)
  return parts.join('+')
}

function onKey(e: KeyboardEvent): void {
  if (e.defaultPrevented || e.isComposing) return
  const name = nameOf(e)
  const inText = isTextField(e.target)
  const controlled = name.startsWith('Ctrl+') || name === 'Escape'
  if (inText && !controlled) return
  if (inText && (name === 'Ctrl+z' || name === 'Ctrl+Shift+Z')) return
  if (document.querySelector('dialog[open]') && name !== 'Ctrl+k') return
  if (!useSettings.getState().keys && name !== 'Escape') return
  const full = chord ? `${chord} ${name}` : name
  chord = ''
  clearTimeout(chordTimer)
  // Later sets are those of the page: they come before the frame's.
  for (const set of [...sets].reverse()) {
    const def = set.current.find((d) => d.key === full)
    if (def) {
      e.preventDefault()
      def.run(e)
      return
    }
  }
  if ([...sets].some((s) => s.current.some((d) => d.key.startsWith(`${full} `)))) {
    chord = full
    chordTimer = window.setTimeout(() => (chord = ''), 1200)
  }
}

export function startKeys(): void {
  document.addEventListener('keydown', onKey)
}
