// What is over a chart and follows the pointer: crosshair, hovered lines, dots and labels, the frame of a zoom.

import { type Box } from '../layout/axis'
import { hoverStore } from '../../base/hover'
import type { Drag, Drawn, Scene } from '../layout/model'
import { indexAt, lastLogged, noLogged } from '../data/logged'
import { nearestIndex } from '../data/nearest'
import { palette } from '../../base/palette'
import { isBucket, loggedText } from '../layout/texts'
import { toPixel } from '../data/scales'
import { drawHoveredEnd } from './endLabels'
import { drawVeil, hoverLine, lineColour } from './hoverLine'

/** `drawGroup` paints the lines of a group. */
export function drawOverlay(
  ctx: CanvasRenderingContext2D,
  id: string,
  scene: Scene,
  ratio: number,
  drag: Drag | null,
  drawGroup: (key: string) => void,
): void {
  const { box, sx } = scene
  const p = palette()
  const h = hoverStore.getState()
  const own = h.chart === id

  ctx.save()
  ctx.beginPath()
  ctx.rect(box.left, box.top - 4, box.width, box.height + 8)
  ctx.clip()
  if (h.group !== null || (own && scene.groupLines.length > 0 && h.line)) drawGroup((h.group ?? h.line)!)
  const hovered: Drawn[] = []
  if (h.run !== null) {
    for (const d of scene.drawn) {
      if (d.line.run !== h.run) continue
      // In the chart under the pointer only the line it is on; elsewhere every line of that run.
      if (own && h.line !== null && d.line.key !== h.line) continue
      hovered.push(d)
      if (hovered.length >= 12) break
    }
    if (hovered.length > 0) drawVeil(ctx, scene)
    for (const d of hovered) hoverLine(ctx, d, scene, ratio)
  }
  if (drag && drag.kind !== 'pan') {
    const { x, y, toX, toY, kind } = drag
    ctx.fillStyle = p.accent
    ctx.globalAlpha = 0.14
    if (kind === 'x') ctx.fillRect(Math.min(x, toX), box.top, Math.abs(toX - x), box.height)
    else ctx.fillRect(Math.min(x, toX), Math.min(y, toY), Math.abs(toX - x), Math.abs(toY - y))
    ctx.globalAlpha = 1
  }
  if (h.x !== null && h.x >= sx.domain[0] && h.x <= sx.domain[1]) {
    const x = Math.round(toPixel(sx, h.x)) + 0.5
    ctx.strokeStyle = p.cross
    ctx.lineWidth = 1
    ctx.setLineDash([3, 3])
    ctx.beginPath()
    ctx.moveTo(x, box.top)
    ctx.lineTo(x, box.top + box.height)
    ctx.stroke()
    ctx.setLineDash([])
  }
  ctx.restore()

  for (const d of hovered) drawHoveredEnd(ctx, scene, d)
  if (h.x === null) return
  let labels = 0
  for (const d of hovered) {
    const at = own ? drawOwn(ctx, d, h.x, scene) : drawLogged(ctx, d, h.x, scene)
    if (!own && at !== null && labels++ < LABELS) label(ctx, box, at[0], at[1], loggedText(d, h.x, scene))
  }
}

const LABELS = 4
type Spot = readonly [number, number]

/** Marks the point that the tooltip is of; a bucket is its stroke from end to end, since its values are at many places. */
function drawOwn(ctx: CanvasRenderingContext2D, d: Drawn, x: number, scene: Scene): Spot | null {
  const { series } = d
  const i = nearestIndex(series.x, x)
  // The hover may be on what is not finite, which is marked below.
  if (i < 0 || series.x[i] !== x) return null
  if (!isBucket(series, i) || d.values !== series.last) return dot(ctx, d, x, d.values[i]!, scene)
  const at = Math.round(toPixel(scene.sx, x)) + 0.5
  const low = Math.min(scene.box.top + scene.box.height, toPixel(scene.sy, series.min![i]!))
  const high = Math.max(scene.box.top, toPixel(scene.sy, series.max![i]!))
  if (!(high <= low)) return null
  ctx.strokeStyle = lineColour(palette(), scene, d)
  ctx.lineWidth = 3
  ctx.beginPath()
  ctx.moveTo(at, Math.min(high, low - 2))
  ctx.lineTo(at, low)
  ctx.stroke()
  return [at, high]
}

/** Marks what a line had last logged at the crosshair, where it was logged: nothing was there at the crosshair itself. */
function drawLogged(ctx: CanvasRenderingContext2D, d: Drawn, x: number, scene: Scene): Spot | null {
  if (!lastLogged(d.series, x, logged)) return null
  const { at, value, lo, hi } = logged
  const i = indexAt(d.series.x, x)
  const shown =
    d.values !== d.series.last && i >= 0 && d.series.x[i] === at ? d.values[i]! : lo < hi ? lo / 2 + hi / 2 : value
  if (Number.isFinite(shown)) return dot(ctx, d, at, shown, scene)
  const bottom = scene.box.top + scene.box.height
  return at >= scene.sx.domain[0] ? [toPixel(scene.sx, at), bottom] : null
}

const logged = noLogged()

function dot(ctx: CanvasRenderingContext2D, d: Drawn, valueX: number, value: number, scene: Scene): Spot | null {
  const { box } = scene
  const x = toPixel(scene.sx, valueX)
  const y = Math.min(box.top + box.height, Math.max(box.top, toPixel(scene.sy, value)))
  if (!Number.isFinite(y) || x < box.left - 4 || x > box.left + box.width + 4) return null
  const p = palette()
  ctx.fillStyle = p.bg
  ctx.beginPath()
  ctx.arc(x, y, 5.5, 0, 2 * Math.PI)
  ctx.fill()
  ctx.fillStyle = lineColour(p, scene, d)
  ctx.beginPath()
  ctx.arc(x, y, 3.75, 0, 2 * Math.PI)
  ctx.fill()
  return [x, y]
}

function label(ctx: CanvasRenderingContext2D, box: Box, x: number, y: number, text: string): void {
  const p = palette()
  ctx.font = `11px ${p.font}`
  const w = ctx.measureText(text).width
  const right = x + 12 + w + 4 < box.left + box.width
  const left = right ? x + 10 : x - 10 - w - 4
  const top = Math.max(box.top, y - 20)
  ctx.fillStyle = p.bg
  ctx.globalAlpha = 0.88
  ctx.fillRect(left - 2, top, w + 8, 16)
  ctx.globalAlpha = 1
  ctx.fillStyle = p.text2
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.fillText(text, left + 2, top + 8)
}
