// A chart as a figure that can leave the page: title, axis titles, legend and what is to be known about it, as SVG text.

import { slotColour, type Palette } from '../../base/palette'
import type { Box } from '../layout/axis'
import { escapeXml, plotSvg, strokeSvg, type SvgPlot } from './svg'

export type LegendPlace = 'right' | 'below' | 'none'
export type FigureTheme = 'light' | 'dark' | 'transparent'

export interface FigureOptions {
  readonly title: string
  readonly legend: LegendPlace
  readonly theme: FigureTheme
  /** px, all of the figure. */
  readonly width: number
  readonly height: number
  /** px, of labels; everything else grows with it. */
  readonly fontSize: number
  /** What the chart does to its data, and where they come from, under the plot. */
  readonly withNotes: boolean
}

export interface LegendEntry {
  readonly label: string
  readonly colour: string
  readonly dash: number
}

export interface FigureText {
  readonly xTitle: string
  readonly yTitle: string
  /** Smoothing, aggregation, resolution, what is hidden. */
  readonly notes: readonly string[]
  /** The query, the date. */
  readonly source: string
  /** A bar instead of entries, where colours are numbers. */
  readonly bar: ColourBar | null
}

export interface ColourBar {
  readonly title: string
  /** Of colours, from the lowest to the highest. */
  readonly slots: readonly number[]
  /** Where they are on the bar, from 0 to 1. */
  readonly ticks: readonly (readonly [number, string])[]
}

/** All lengths are of a figure with labels of 11 px; a scale makes it larger or smaller. */
const LABEL = 11
const LINE = 16
const GAP = 8
const SWATCH = 16
/** Of the width, what a legend on the right takes at most, and of the height one below. */
const LEGEND_SHARE = 0.4
const LEGEND_SHARE_BELOW = 0.2

export interface FigureLayout {
  readonly scale: number
  /** In the units of the figure. */
  readonly width: number
  readonly height: number
  /** Where the chart lies with its tick labels. */
  readonly chart: Box
  readonly titleY: number
  readonly legend: readonly PlacedEntry[]
  /** Entries for which there is no room. */
  readonly left: number
  readonly leftAt: readonly [number, number]
  readonly barAt: readonly [number, number] | null
  readonly notes: readonly { readonly y: number; readonly text: string }[]
}

interface PlacedEntry {
  readonly entry: LegendEntry
  readonly text: string
  readonly x: number
  readonly y: number
}

type Measure = (text: string, size: number) => number

/** Text that fits, with `…` in its middle where it is too long: names differ at their ends. */
export function shortened(text: string, room: number, width: (text: string) => number): string {
  if (width(text) <= room) return text
  const all = [...text]
  let lo = 1
  let hi = all.length - 1
  const cut = (n: number) =>
    `${all.slice(0, Math.ceil(n / 2)).join('')}…${all.slice(all.length - Math.floor(n / 2)).join('')}`
  while (lo < hi) {
    const mid = Math.ceil((lo + hi) / 2)
    if (width(cut(mid)) <= room) lo = mid
    else hi = mid - 1
  }
  return cut(lo)
}

/** Words on as many lines as they need. */
function wrapped(parts: readonly string[], room: number, width: (text: string) => number): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const text = shortened(part, room, width)
    const last = lines.length - 1
    const joined = last >= 0 ? `${lines[last]!} · ${text}` : ''
    if (joined && width(joined) <= room) lines[last] = joined
    else lines.push(text)
  }
  return lines
}

/** Where everything of a figure goes. */
export function layFigure(
  o: FigureOptions,
  entries: readonly LegendEntry[],
  text: FigureText,
  measure: Measure,
): FigureLayout {
  const scale = o.fontSize / LABEL
  const width = o.width / scale
  const height = o.height / scale
  const small = (t: string) => measure(t, LABEL)
  const top = o.title ? 30 : GAP
  const noteLines = o.withNotes
    ? [
        ...wrapped(text.notes, width - 2 * GAP, small),
        ...wrapped([text.source].filter(Boolean), width - 2 * GAP, small),
      ]
    : []
  let bottom = height - GAP - noteLines.length * LINE - (noteLines.length > 0 ? 4 : 0)
  const notes = noteLines.map((line, i) => ({ y: bottom + 4 + (i + 0.75) * LINE, text: line }))
  let right = width - GAP
  const legend: PlacedEntry[] = []
  let left = 0
  let leftAt: readonly [number, number] = [0, 0]
  let barAt: readonly [number, number] | null = null
  const hasLegend = o.legend !== 'none' && (text.bar !== null || entries.length > 0)
  if (hasLegend && o.legend === 'right') {
    const widest = text.bar
      ? Math.max(small(text.bar.title), 24 + Math.max(...text.bar.ticks.map(([, t]) => small(t))))
      : Math.max(...entries.map((e) => small(e.label))) + SWATCH + 6
    const own = Math.min(widest, width * LEGEND_SHARE)
    right -= own + GAP
    const x = right + GAP
    if (text.bar) barAt = [x, top + 6]
    else {
      const rows = Math.max(1, Math.floor((bottom - top) / LINE))
      const shown = entries.length <= rows ? entries.length : rows - 1
      entries.slice(0, shown).forEach((entry, i) => {
        legend.push({ entry, text: shortened(entry.label, own - SWATCH - 6, small), x, y: top + (i + 0.5) * LINE })
      })
      left = entries.length - shown
      leftAt = [x, top + (shown + 0.5) * LINE]
    }
  } else if (hasLegend && text.bar) {
    bottom -= 40
    barAt = [GAP, bottom + 8]
  } else if (hasLegend) {
    const most = Math.max(1, Math.floor((height * LEGEND_SHARE_BELOW) / LINE))
    const rows: PlacedEntry[][] = [[]]
    let x = GAP
    let shown = 0
    for (const entry of entries) {
      const label = shortened(entry.label, width - 2 * GAP - SWATCH - 6, small)
      const own = SWATCH + 6 + small(label)
      if (x > GAP && x + own > width - GAP) {
        // The last row says how many are missing.
        if (rows.length === most) break
        rows.push([])
        x = GAP
      }
      rows[rows.length - 1]!.push({ entry, text: label, x, y: rows.length - 1 })
      x += own + 2 * GAP
      shown++
    }
    if (shown < entries.length && rows.length > 1) shown -= rows.pop()!.length
    left = entries.length - shown
    const count = rows.length + (left > 0 ? 1 : 0)
    bottom -= count * LINE + 4
    for (const row of rows)
      for (const placed of row) legend.push({ ...placed, y: bottom + 4 + (placed.y + 0.5) * LINE })
    leftAt = [GAP, bottom + 4 + (rows.length + 0.5) * LINE]
  }
  const chart = {
    left: GAP + (text.yTitle ? LINE : 0),
    top,
    width: right - GAP - (text.yTitle ? LINE : 0),
    height: bottom - top - (text.xTitle ? LINE : 0),
  }
  return { scale, width, height, chart, titleY: 20, legend, left, leftAt, barAt, notes }
}

const round = (n: number) => String(Math.round(n * 100) / 100)

/** `plot`: laid out in a chart of the size that the layout has for it. */
export function figureSvg(o: FigureOptions, at: FigureLayout, text: FigureText, plot: SvgPlot, p: Palette): string {
  const out: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${o.width}" height="${o.height}" viewBox="0 0 ${round(at.width)} ${round(at.height)}" font-family="${escapeXml(p.font)}" font-size="${LABEL}">`,
    `<title>${escapeXml(o.title || text.yTitle)}</title>`,
  ]
  if (o.theme !== 'transparent') out.push(`<rect width="100%" height="100%" fill="${p.bg}"/>`)
  const write = (x: number, y: number, t: string, fill: string, more = '') =>
    out.push(`<text x="${round(x)}" y="${round(y)}" fill="${fill}"${more}>${escapeXml(t)}</text>`)
  if (o.title) {
    const title = shortened(o.title, at.width - 2 * GAP, (t) => t.length * 7.5)
    write(GAP, at.titleY, title, p.text, ' font-size="13" font-weight="600"')
  }
  const { box } = plot
  out.push(`<g transform="translate(${round(at.chart.left)} ${round(at.chart.top)})">`, ...plotSvg(plot, p), '</g>')
  const middle = at.chart.left + box.left + box.width / 2
  if (text.xTitle) write(middle, at.chart.top + at.chart.height + 10, text.xTitle, p.text2, ' text-anchor="middle"')
  if (text.yTitle) {
    const y = at.chart.top + box.top + box.height / 2
    const shown = shortened(text.yTitle, at.chart.height, (t) => t.length * 6.5)
    write(0, 0, shown, p.text2, ` text-anchor="middle" transform="translate(${GAP + 9} ${round(y)}) rotate(-90)"`)
  }
  for (const { entry, text: label, x, y } of at.legend) {
    out.push(
      `<path d="M${round(x)} ${round(y)}h${SWATCH}" stroke="${entry.colour}" stroke-width="2"${strokeSvg(entry.dash)}/>`,
    )
    write(x + SWATCH + 6, y + 4, label, p.text, label === entry.label ? '' : ` data-full="${escapeXml(entry.label)}"`)
  }
  if (at.left > 0) write(at.leftAt[0], at.leftAt[1] + 4, `and ${at.left} more`, p.text3)
  if (text.bar && at.barAt) out.push(...barSvg(text.bar, at.barAt, o.legend === 'right', p))
  for (const { y, text: line } of at.notes) write(GAP, y, line, p.text3)
  out.push('</svg>')
  return `${out.join('\n')}\n`
}

const BAR_LENGTH = 140
const BAR_WIDTH = 10

function barSvg(bar: ColourBar, [x, y]: readonly [number, number], upright: boolean, p: Palette): string[] {
  const stops = bar.slots
    .map(
      (slot, i) =>
        `<stop offset="${round(i / Math.max(1, bar.slots.length - 1))}" stop-color="${slotColour(p, slot)}"/>`,
    )
    .join('')
  const out = [
    `<linearGradient id="bar" ${upright ? 'x1="0" y1="1" x2="0" y2="0"' : 'x1="0" y1="0" x2="1" y2="0"'}>${stops}</linearGradient>`,
    `<text x="${round(x)}" y="${round(y + 4)}" fill="${p.text2}">${escapeXml(bar.title)}</text>`,
  ]
  const top = y + 12
  out.push(
    upright
      ? `<rect x="${round(x)}" y="${round(top)}" width="${BAR_WIDTH}" height="${BAR_LENGTH}" fill="url(#bar)"/>`
      : `<rect x="${round(x)}" y="${round(top)}" width="${BAR_LENGTH}" height="${BAR_WIDTH}" fill="url(#bar)"/>`,
  )
  for (const [at, label] of bar.ticks) {
    const along = at * BAR_LENGTH
    out.push(
      upright
        ? `<text x="${round(x + BAR_WIDTH + 6)}" y="${round(top + BAR_LENGTH - along + 4)}" fill="${p.text3}">${escapeXml(label)}</text>`
        : `<text x="${round(x + along)}" y="${round(top + BAR_WIDTH + 12)}" text-anchor="${at < 0.1 ? 'start' : at > 0.9 ? 'end' : 'middle'}" fill="${p.text3}">${escapeXml(label)}</text>`,
    )
  }
  return out
}
