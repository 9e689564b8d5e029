// A chart as SVG text, from the same scales and the same strokes as its canvas.

import { xTicks, yTicks, type Box, type XAxis } from '../layout/axis'
import type { Aggregate } from '../data/aggregate'
import { areas, traceBand } from './bands'
import { DOT, trace, type Gaps, type Pen } from '../data/lod'
import { DASHES, slotColour, type Palette } from '../../base/palette'
import { toPixel, type Scale } from '../data/scales'
import { isInPlot, plainPath } from './strokes'
import { visibleRange, type Series } from '../../base/series'

export interface SvgLine {
  readonly label: string
  readonly slot: number
  readonly dash: number
  readonly series: Series
  /** Smoothed values, or null for the points themselves. */
  readonly values: Float64Array | null
  readonly strong: boolean
}

export interface SvgGroup {
  readonly label: string
  readonly slot: number
  readonly dash: number
  readonly data: Aggregate
}

/** A plot with its tick labels; what is around it is in figure.ts. */
export interface SvgPlot {
  readonly box: Box
  readonly xAxis: XAxis
  readonly sx: Scale
  readonly sy: Scale
  readonly gaps: Gaps
  readonly lines: readonly SvgLine[]
  readonly groups: readonly SvgGroup[]
  /** The lines as a picture, as a `data:` address, where they are too many for paths. */
  readonly image: string | null
}

const round = (n: number) => String(Math.round(n * 100) / 100)

class PathPen implements Pen {
  private parts: string[] = []
  moveTo(x: number, y: number): void {
    this.parts.push(`M${round(x)} ${round(y)}`)
  }
  lineTo(x: number, y: number): void {
    this.parts.push(`L${round(x)} ${round(y)}`)
  }
  get text(): string {
    return this.parts.join('')
  }
}

// oxlint-disable-next-line no-control-regex -- XML does not allow control characters, not even escaped
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g

export function escapeXml(text: string): string {
  return text
    .replace(CONTROL, '')
    .replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)
}

export const strokeSvg = (dash: number) =>
  DASHES[dash]!.length > 0 ? ` stroke-dasharray="${DASHES[dash]!.join(' ')}"` : ''

export function plotSvg(c: SvgPlot, p: Palette): string[] {
  const { box, sx, sy } = c
  const out: string[] = []
  const bottom = box.top + box.height
  out.push(
    `<clipPath id="plot"><rect x="${round(box.left)}" y="${round(box.top)}" width="${round(box.width)}" height="${round(box.height)}"/></clipPath>`,
  )
  const ys = yTicks(sy, box.height)
  ys.at.forEach((v, i) => {
    const y = Math.round(toPixel(sy, v)) + 0.5
    out.push(
      `<path d="M${round(box.left)} ${y}H${round(box.left + box.width)}" stroke="${v === 0 ? p.line : p.grid}"/><text x="${round(box.left - 6)}" y="${round(y + 4)}" text-anchor="end" fill="${p.text3}">${escapeXml(ys.labels[i]!)}</text>`,
    )
  })
  const xs = xTicks(c.xAxis, sx, box.width)
  xs.at.forEach((v, i) =>
    out.push(
      `<text x="${round(toPixel(sx, v))}" y="${round(bottom + 17)}" text-anchor="middle" fill="${p.text3}">${escapeXml(xs.labels[i]!)}</text>`,
    ),
  )
  // Labels without it would say other numbers.
  const more = (text: string, place: string) =>
    text && out.push(`<text ${place} fill="${p.text3}">${escapeXml(text)}</text>`)
  more(xs.offset, `x="${round(box.left)}" y="${round(bottom + 32)}"`)
  more(ys.offset, `text-anchor="middle" transform="translate(12 ${round(box.top + box.height / 2)}) rotate(-90)"`)
  if (c.image !== null)
    out.push(
      `<image x="${round(box.left)}" y="${round(box.top)}" width="${round(box.width)}" height="${round(box.height)}" href="${c.image}"/>`,
    )
  out.push('<g clip-path="url(#plot)" fill="none" stroke-linejoin="round">')
  const dots: string[] = []
  const addDots = (at: readonly number[], slot: number, opacity: number) => {
    for (let i = 0; i < at.length; i += 2)
      if (isInPlot(box, at[i]!, at[i + 1]!))
        dots.push(
          `<circle cx="${round(at[i]!)}" cy="${round(at[i + 1]!)}" r="${DOT}" fill="${slotColour(p, slot)}" fill-opacity="${opacity}"/>`,
        )
  }
  const path = (l: SvgLine, values: Float64Array | null, opacity = 1) => {
    const pen = new PathPen()
    const lone: number[] = []
    const [from, to] = visibleRange(l.series.x, sx.domain[0], sx.domain[1])
    trace(pen, l.series, { from, to, x: sx, y: sy, values, gaps: c.gaps, dots: lone })
    addDots(lone, l.slot, opacity)
    return pen.text
  }
  for (const g of c.groups) {
    for (const [edges, alpha] of areas(g.data)) {
      const pen = new PathPen()
      traceBand(pen, g.data.x, edges, sx, sy)
      out.push(`<path d="${pen.text}" fill="${slotColour(p, g.slot)}" fill-opacity="${alpha}"/>`)
    }
  }
  for (const g of c.groups) {
    const pen = new PathPen()
    const lone: number[] = []
    plainPath(pen, g.data.x, g.data.line, sx, sy, lone)
    addDots(lone, g.slot, 1)
    out.push(
      `<path d="${pen.text}" stroke="${slotColour(p, g.slot)}" stroke-width="1.75"${strokeSvg(g.dash)}><title>${escapeXml(g.label)}</title></path>`,
    )
  }
  const width = c.lines.length > 50 ? 1 : 1.5
  for (const l of c.lines)
    if (l.values)
      out.push(
        `<path d="${path(l, null, 0.18)}" stroke="${slotColour(p, l.slot)}" stroke-width="${width}" stroke-opacity="0.18"/>`,
      )
  for (const l of [...c.lines].sort((a, b) => Number(a.strong) - Number(b.strong))) {
    out.push(
      `<path d="${path(l, l.values)}" stroke="${slotColour(p, l.slot)}" stroke-width="${l.strong ? 2.5 : width}"${strokeSvg(l.dash)}><title>${escapeXml(l.label)}</title></path>`,
    )
  }
  out.push('</g>', ...dots)
  return out
}
