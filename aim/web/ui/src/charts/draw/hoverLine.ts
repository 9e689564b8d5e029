// The hovered lines: as wide as they are at rest, over a veil that fades all others. No line of the base is drawn again.

import { DASHES, NEUTRAL, palette, slotColour, type Palette } from '../../base/palette'
import { visibleRange } from '../../base/series'
import { trace } from '../data/lod'
import { MANY, type Drawn, type Scene } from '../layout/model'
import { drawDots, isSmoothed } from './strokes'

/** How much of the other lines is left. */
const FADED = 0.25
/** With more points than this a pixel, a halo would cover the line's neighbours with one solid block. */
const HALO_DENSITY = 1 / 3
const HALO = 5

/** Fades all that is drawn, unless a pinned run has faded it already. */
export function drawVeil(ctx: CanvasRenderingContext2D, { spec, box }: Scene): void {
  if (spec.focus !== null) return
  ctx.fillStyle = palette().bg
  ctx.globalAlpha = 1 - FADED
  ctx.fillRect(box.left, box.top, box.width, box.height)
  ctx.globalAlpha = 1
}

export function lineColour(p: Palette, { spec }: Scene, { line }: Drawn): string {
  const group = spec.groups[line.group]
  return group && group.slot !== NEUTRAL ? slotColour(p, group.slot) : p.accent
}

/** Is a line so dense with points that a halo would be a block? */
export function isDense({ series }: Drawn, { sx, box }: Scene): boolean {
  const [from, to] = visibleRange(series.x, sx.domain[0], sx.domain[1])
  return series.count !== null || to - from > box.width * HALO_DENSITY
}

/** `ratio`: device pixels a CSS pixel. */
export function hoverLine(ctx: CanvasRenderingContext2D, d: Drawn, scene: Scene, ratio: number): void {
  const { spec, box, sx, sy } = scene
  const p = palette()
  const [from, to] = visibleRange(d.series.x, sx.domain[0], sx.domain[1])
  const options = { from, to, x: sx, y: sy, gaps: spec.gaps }
  const width = scene.drawn.length > MANY && scene.groupLines.length === 0 ? 1 / ratio : 1.5
  const colour = lineColour(p, scene, d)
  ctx.lineJoin = 'round'
  ctx.setLineDash([])
  if (isSmoothed(d)) {
    // The points themselves, as faint as they are at rest.
    const raw = new Path2D()
    trace(raw, d.series, options)
    ctx.strokeStyle = colour
    ctx.lineWidth = width
    ctx.globalAlpha = 0.3
    ctx.stroke(raw)
    ctx.globalAlpha = 1
  }
  const path = new Path2D()
  const lone: number[] = []
  trace(path, d.series, { ...options, values: isSmoothed(d) ? d.values : null, dots: lone })
  if (!isDense(d, scene)) {
    ctx.strokeStyle = p.bg
    ctx.lineWidth = HALO
    ctx.stroke(path)
  }
  ctx.setLineDash(DASHES[spec.groups[d.line.group]?.dash ?? 0] as number[])
  ctx.strokeStyle = colour
  ctx.lineWidth = width
  ctx.stroke(path)
  ctx.setLineDash([])
  if (lone.length > 0) drawDots(ctx, box, [{ colour, alpha: 1, radius: 3, at: lone }])
}
