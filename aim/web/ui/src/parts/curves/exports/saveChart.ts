// Makes the files of a chart and hands them over.

import { api } from '../../../base/api/client'
import { saveFile } from '../../../base/saveFile'
import { toast } from '../../../base/stores'
import { chartSvg, groupsCsv, svgPng } from '../../../charts/draw/exports'
import type { FigureOptions } from '../../../charts/draw/figure'
import { figureText, fileName, pointsExport, type ChartExport } from './chartExport'
import { loadSettings, type FigureSettings } from './figureSettings'

/** Pixels of a PNG for one of the figure; on paper 300 an inch. */
const PNG_SCALE = { px: 2, cm: 300 / 96 }
const pngOf = (svg: string, { width, height, unit }: FigureSettings) => svgPng(svg, width, height, PNG_SCALE[unit])

/** Settings with the title of one chart. */
export type FigureRequest = FigureSettings & FigureOptions

/** SVG text; null while nothing is drawn. */
export function figureOf(of: ChartExport, options: FigureOptions): string | null {
  const picture = of.picture()
  return picture && chartSvg(picture, options, figureText(of, new Date()))
}

/** As the dialog was left last. */
export const lastOptions = (of: ChartExport): FigureRequest => ({ ...loadSettings(), title: of.title })

async function attempt(name: string, make: () => Promise<void>): Promise<void> {
  try {
    await make()
  } catch (e) {
    toast(`Could not make ${name}: ${e instanceof Error ? e.message : String(e)}`, { kind: 'error' })
  }
}

function required(svg: string | null): string {
  if (svg === null) throw new Error('nothing is drawn yet')
  return svg
}

export function saveSvg(of: ChartExport, options: FigureRequest): Promise<void> {
  const name = `${fileName(of)}.svg`
  return attempt(name, async () =>
    saveFile(new Blob([required(figureOf(of, options))], { type: 'image/svg+xml' }), name),
  )
}

export function savePng(of: ChartExport, options: FigureRequest): Promise<void> {
  const name = `${fileName(of)}.png`
  return attempt(name, async () => saveFile(await pngOf(required(figureOf(of, options)), options), name))
}

export function copyPicture(of: ChartExport, options: FigureRequest): Promise<void> {
  return attempt('a copy', async () => {
    // Browsers give a page its clipboard only on this machine or over HTTPS.
    if (typeof ClipboardItem === 'undefined' || !navigator.clipboard?.write)
      throw new Error('this browser lets pages copy pictures only over HTTPS; save the PNG instead')
    const png = pngOf(required(figureOf(of, options)), options)
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })])
    toast('Picture copied')
  })
}

/** Every point that the chart stands for, from the server: a chart itself may have buckets and less digits. */
export function savePoints(of: ChartExport): Promise<void> {
  const name = `${fileName(of)}.csv`
  return attempt(name, async () => {
    const wanted = pointsExport(of)
    if (!wanted) throw new Error('nothing is drawn yet')
    saveFile(await api.exportPoints(wanted), name)
  })
}

/** The lines and bands of a chart of groups. */
export function saveGroups(of: ChartExport): Promise<void> {
  const name = `${fileName(of)}_groups.csv`
  return attempt(name, async () => {
    const picture = of.picture()
    if (!picture) throw new Error('nothing is drawn yet')
    saveFile(new Blob([groupsCsv(picture.scene)], { type: 'text/csv' }), name)
  })
}
