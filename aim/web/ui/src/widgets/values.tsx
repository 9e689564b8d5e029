// Numbers and moments as the UI shows them: short to read, whole to copy, and exact in the tooltip.

import { useSyncExternalStore } from 'react'
import type { Whole } from '../base/api/json'
import { cx } from './basics'
import { formatAgo, formatCell, formatCount, formatDateTime, formatNumber, fullNumber, isTime } from '../base/format'

/** A number of a metric or param. `column`: with the zeros that make a column line up. */
export function Num({
  value,
  column = false,
  digits,
  className,
}: {
  value: number | null | undefined
  column?: boolean
  digits?: number
  className?: string
}) {
  const text = column ? formatCell(value, digits) : formatNumber(value, digits)
  const full = fullNumber(value)
  if (!full) return <span className={cx('num', className)}>{text}</span>
  return (
    <data className={cx('num', className)} value={full} title={text === full ? undefined : full}>
      {text}
    </data>
  )
}

/** How many. */
export function Many({ n, className }: { n: Whole; className?: string }) {
  return (
    <data className={cx('num', className)} value={fullNumber(n)}>
      {formatCount(n)}
    </data>
  )
}

const TICK_MS = 15_000
let tick = 0
const listeners = new Set<() => void>()
let timer = 0

function subscribe(f: () => void): () => void {
  listeners.add(f)
  timer ||= window.setInterval(() => {
    tick++
    for (const l of listeners) l()
  }, TICK_MS)
  return () => {
    listeners.delete(f)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = 0
    }
  }
}

/** How long ago, kept up to date; the moment itself, with its zone, is in the tooltip. */
export function Ago({
  at,
  before = '',
  className,
}: {
  at: number | null | undefined
  before?: string
  className?: string
}) {
  useSyncExternalStore(subscribe, () => tick)
  if (!isTime(at)) return <span className={className}>–</span>
  return (
    <time className={className} dateTime={new Date(at * 1000).toISOString()} title={formatDateTime(at)}>
      {before}
      {formatAgo(at)}
    </time>
  )
}

/** Copying a selection gives its numbers in full: `0.21414` where `0.2141` is shown, `10432` for `10 432`. */
export function startCopying(): void {
  document.addEventListener('copy', (e) => {
    const selection = document.getSelection()
    if (!selection || selection.isCollapsed || !e.clipboardData || selection.rangeCount !== 1) return
    const range = selection.getRangeAt(0)
    const start = range.startContainer.parentElement?.closest('data')
    if (start && start === range.endContainer.parentElement?.closest('data')) {
      if (selection.toString().trim() !== start.textContent?.trim()) return
      e.clipboardData.setData('text/plain', start.value)
      e.preventDefault()
      return
    }
    const copy = range.cloneContents()
    const numbers = copy.querySelectorAll('data')
    if (numbers.length === 0) return
    for (const n of numbers) n.textContent = n.value
    // A place in the page, out of sight: only there are cells and lines distinguished.
    const box = document.createElement('div')
    box.style.cssText = 'position:fixed;left:-10000px;top:0;white-space:normal'
    const cell =
      range.commonAncestorContainer instanceof Element
        ? range.commonAncestorContainer
        : range.commonAncestorContainer.parentElement
    const inTable = cell?.closest('tbody, thead, table')
    const table = document.createElement('table')
    const body = table.appendChild(document.createElement('tbody'))
    if (inTable) body.append(copy)
    box.append(inTable ? table : copy)
    document.body.append(box)
    e.clipboardData.setData('text/plain', box.innerText)
    box.remove()
    e.preventDefault()
  })
}
