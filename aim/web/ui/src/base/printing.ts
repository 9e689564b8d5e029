// A page on paper: all of it in light colours, as wide as a sheet. What prints by itself (the browser's menu) finds the page
// as it is and gets that, scaled; `printPage` first lets every row and chart be drawn.

import { flushSync } from 'react-dom'
import { create } from 'zustand'
import { paintAs, useSettings } from './stores'

/** Of a landscape sheet, A4 or letter, between its margins, CSS px. */
export const SHEET_WIDTH = 970
/** How often it is looked whether everything is drawn, how often in a row it has to be, and when it is printed anyway. */
const LOOK_MS = 100
const CALM_LOOKS = 3
const MOST_MS = 20_000

/** `on`: parts that show only what is in sight show everything. */
export const usePrinting = create<{ readonly on: boolean }>(() => ({ on: false }))

export function startPrinting(): void {
  addEventListener('beforeprint', () => enter(document.querySelector('main')?.clientWidth || SHEET_WIDTH))
  addEventListener('afterprint', leave)
}

/** Draws all of the page, then prints it. */
export async function printPage(): Promise<void> {
  enter(SHEET_WIDTH)
  let calm = 0
  for (let waited = 0; calm < CALM_LOOKS && waited < MOST_MS; waited += LOOK_MS) {
    await new Promise((done) => setTimeout(done, LOOK_MS))
    calm = isDrawn() ? calm + 1 : 0
  }
  window.print()
}

/** `width`: what the page is laid out for; it is scaled to a sheet. */
function enter(width: number): void {
  if (usePrinting.getState().on) return
  const { dataset, style } = document.documentElement
  dataset.printing = ''
  style.setProperty('--print-width', `${width}px`)
  style.setProperty('--print-zoom', String(SHEET_WIDTH / width))
  paintAs('light')
  // Now: the browser takes its picture when its event returns.
  flushSync(() => usePrinting.setState({ on: true }))
}

function leave(): void {
  delete document.documentElement.dataset.printing
  paintAs(useSettings.getState().theme)
  usePrinting.setState({ on: false })
}

function isDrawn(): boolean {
  return (
    document.querySelector('[aria-busy="true"], [data-missing]') === null &&
    [...document.querySelectorAll<HTMLElement>('[data-chart]')].every(
      (chart) => chart.dataset.baseDraws !== undefined && !chart.ariaLabel?.endsWith(', loading'),
    )
  )
}
