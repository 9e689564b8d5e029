// What is over a chart and follows the pointer: crosshair, hovered lines, dots and labels, the frame of a zoom.

import { formatNumber } from '../../base/format'
import { scaleDigits, type Box } from '../layout/axis'
import { hoverStore } from '../../base/hover'
import type { Drag, Drawn, Scene } from '../layout/model'
import { nearestIndex, valueAt } from '../data/nearest'
import { NEUTRAL, palette, slotColour } from '../../base/palette'
import { toPixel } from '../data/scales'
import { strongLine } from './strokes'

/** `drawGroup` paints the lines of a group. */
export function drawOverlay(
  ctx: CanvasRenderingContext2D,
  id: string,
  scene: Scene,
  drag: Drag | null,
  drawGroup: (key: string) => void,
): void {
  const { spec, box, sx, sy } = scene
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
    for (const d of hovered) strongLine(ctx, d, scene)
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

  if (h.x === null) return
  let labels = 0
  for (const d of hovered) {
    const i = nearestIndex(d.series.x, h.x)
    if (i < 0) continue
    const v = own ? d.values[i]! : valueAt(d.series.x, d.values, h.x)
    const y = toPixel(sy, v)
    if (!Number.isFinite(y) || y < box.top - 4 || y > box.top + box.height + 4) continue
    const x = own ? toPixel(sx, d.series.x[i]!) : toPixel(sx, h.x)
    const group = spec.groups[d.line.group]
    ctx.fillStyle = p.bg
    ctx.beginPath()
    ctx.arc(x, y, 5.5, 0, 2 * Math.PI)
    ctx.fill()
    ctx.fillStyle = group && group.slot !== NEUTRAL ? slotColour(p, group.slot) : p.accent
    ctx.beginPath()
    ctx.arc(x, y, 3.75, 0, 2 * Math.PI)
    ctx.fill()
    if (!own && labels++ < 4) label(ctx, box, x, y, formatNumber(v, scaleDigits(sy)))
  }
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
