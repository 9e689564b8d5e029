// A chart as files: a figure as SVG or PNG, and its groups as CSV.

import { NEUTRAL, paletteOf, slotColour, type Palette } from '../../base/palette'
import { visibleRange, type Series } from '../../base/series'
import { atOnce } from '../data/extent'
import { BAND_NAMES } from '../layout/texts'
import { isStrong, type ChartSpec, type Drawn, type Scene } from '../layout/model'
import { plotPixels, RasterKit, rasterSteps } from './baseRaster'
import { figureSvg, layFigure, type FigureOptions, type FigureText, type LegendEntry } from './figure'
import { layoutSteps } from './picture'
import { isSmoothed, rasterPasses } from './strokes'
import type { SvgPlot } from './svg'

/** Above this many points lines are a picture in the SVG: as paths they would be tens of megabytes. */
const MOST_PATH_POINTS = 300_000
/** Device pixels of that picture for one of the figure. */
const PICTURE_RATIO = 2

/** What a figure is drawn from. */
export interface ChartPicture {
  readonly spec: ChartSpec
  readonly scene: Scene
  /** Values to draw of a series, smoothed or not. */
  readonly valuesOf: (s: Series) => Float64Array
}

/** The figure as SVG text. */
export function chartSvg({ spec, valuesOf }: ChartPicture, options: FigureOptions, text: FigureText): string {
  const p = paletteOf(options.theme === 'dark' ? 'dark' : 'light')
  const ctx = document.createElement('canvas').getContext('2d')!
  const measure = (t: string, size: number) => {
    ctx.font = `${size}px ${p.font}`
    return ctx.measureText(t).width
  }
  const at = layFigure(options, legendOf(spec, p), text, measure)
  const label = (t: string) => measure(t, 11)
  const { scene } = atOnce(layoutSteps(spec, at.chart.width, at.chart.height, label, valuesOf, false))
  return figureSvg(options, at, text, plotOf(scene, p), p)
}

/** The groups of the lines that are shown, in the order of the chart. */
export function legendOf(spec: ChartSpec, p: Palette): LegendEntry[] {
  const counts = new Map<number, number>()
  for (const line of spec.lines)
    if (!spec.hiddenLines.has(line.key)) counts.set(line.group, (counts.get(line.group) ?? 0) + 1)
  return [...counts]
    .sort(([a], [b]) => a - b)
    .flatMap(([index, n]) => {
      const group = spec.groups[index]
      if (!group || spec.hiddenGroups.has(group.key) || group.key === 'all') return []
      const label = spec.aggregate || n > 1 ? `${group.title} (${n})` : group.title
      return [{ label, colour: slotColour(p, group.slot), dash: group.dash }]
    })
}

function plotOf(scene: Scene, p: Palette): SvgPlot {
  const { spec, box, sx, sy, drawn, groupLines } = scene
  const strong = (d: Drawn) => isStrong(d, spec)
  const single = groupLines.length > 0 ? drawn.filter(strong) : drawn
  const isPicture = groupLines.length === 0 && pointsOf(single, sx.domain) > MOST_PATH_POINTS
  const lines = (isPicture ? single.filter(strong) : single).map((d) => ({
    label: d.line.label,
    slot: spec.groups[d.line.group]?.slot ?? NEUTRAL,
    dash: spec.groups[d.line.group]?.dash ?? 0,
    series: d.series,
    values: isSmoothed(d) ? d.values : null,
    strong: strong(d),
  }))
  const groups = groupLines.map((g) => ({ label: g.group.label, slot: g.group.slot, dash: g.group.dash, data: g.data }))
  const image = isPicture ? rasterImage(scene, p) : null
  return { box, xAxis: spec.xAxis, sx, sy, gaps: spec.gaps, lines, groups, image }
}

function pointsOf(drawn: readonly Drawn[], [lo, hi]: readonly [number, number]): number {
  return drawn.reduce((n, d) => {
    const [from, to] = visibleRange(d.series.x, lo, hi)
    return n + to - from
  }, 0)
}

/** The lines as the chart draws very many, as a `data:` address. */
function rasterImage(scene: Scene, p: Palette): string {
  const { box, sx, sy, spec } = scene
  const kit = new RasterKit()
  atOnce(rasterSteps(kit, rasterPasses(scene), box, PICTURE_RATIO, sx, sy, spec.gaps, p))
  const { width, height } = plotPixels(box, PICTURE_RATIO)
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  canvas.getContext('2d')!.putImageData(kit.picture, 0, 0)
  return canvas.toDataURL('image/png')
}

/** SVG text as a PNG of `scale` times its size. */
export async function svgPng(svg: string, width: number, height: number, scale: number): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(width * scale)
    canvas.height = Math.round(height * scale)
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('too large to draw'))), 'image/png'),
    )
  } finally {
    URL.revokeObjectURL(url)
  }
}

/** A text behind a quote where a spreadsheet would take it for a formula and run it, as aim/schema/csv_cells.py has it. */
export function csvText(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

function csvCell(text: string): string {
  const cell = csvText(text)
  return /[",\r\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell
}

const exact = (n: number) => (Number.isNaN(n) ? '' : String(n))

/** The lines and bands of the groups of a chart: one row for each place at which a group has a value, with how many have. */
export function groupsCsv({ spec: { xAxis, aggregate }, groupLines, sx }: Scene): string {
  const { line, band } = aggregate ?? { line: 'mean', band: 'min-max' }
  const edge = BAND_NAMES[band].replace('\u00b1 ', '')
  const rows = [`group,${csvCell(xAxis)},n,${line}${band === 'none' ? '' : `,${edge} from,${edge} to`}`]
  const [x0, x1] = sx.domain
  for (const { group, data } of groupLines) {
    data.x.forEach((x, i) => {
      if (x < x0 || x > x1 || Number.isNaN(data.line[i])) return
      const edges = data.lo && data.hi ? `,${exact(data.lo[i]!)},${exact(data.hi[i]!)}` : ''
      rows.push(`${csvCell(group.title)},${x},${data.n[i]},${exact(data.line[i]!)}${edges}`)
    })
  }
  return `${rows.join('\r\n')}\r\n`
}
