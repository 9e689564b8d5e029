// What a chart says at its edges: values that are not finite, and where something is clipped.

import type { Fitted } from '../data/extent'
import type { Scene } from '../layout/model'
import { palette } from '../../base/palette'
import { toPixel } from '../data/scales'
import { visibleRange } from '../../base/series'

/** Ticks of values that are not finite, and triangles where something is clipped. */
export function drawMarks(
  ctx: CanvasRenderingContext2D,
  { spec, box, sx, sy, drawn }: Scene,
  fitted: readonly Fitted[],
  clipped: number,
): void {
  const p = palette()
  const [x0, x1] = sx.domain
  const bottom = box.top + box.height
  const marks = new Set<number>()
  for (const d of drawn) {
    for (const [x] of d.series.nonfinite) {
      if (x < x0 || x > x1) continue
      marks.add(Math.round(toPixel(sx, x)))
      if (marks.size > 2000) break
    }
  }
  if (marks.size > 0) {
    ctx.strokeStyle = p.err
    ctx.lineWidth = 1.5
    ctx.beginPath()
    for (const x of marks) {
      ctx.moveTo(x, bottom - 1)
      ctx.lineTo(x, bottom + 5)
    }
    ctx.stroke()
  }
  if (clipped === 0) return
  const [y0, y1] = sy.domain
  const n = Math.ceil(box.width / 6) + 1
  const above = new Uint8Array(n)
  const below = new Uint8Array(n)
  for (const { x: xs, min, max } of fitted) {
    const [from, to] = visibleRange(xs, x0, x1)
    for (let i = from; i < to; i++) {
      const up = max[i]! > y1
      const down = min[i]! < y0
      if (!up && !down) continue
      const c = Math.floor((toPixel(sx, xs[i]!) - box.left) / 6)
      if (c < 0 || c >= n) continue
      if (up) above[c] = 1
      if (down && !(spec.yKind === 'log' && min[i]! <= 0)) below[c] = 1
    }
  }
  ctx.fillStyle = p.warn
  ctx.beginPath()
  for (let c = 0; c < n; c++) {
    const x = box.left + c * 6 + 3
    if (above[c]) {
      ctx.moveTo(x, box.top)
      ctx.lineTo(x - 3, box.top + 5)
      ctx.lineTo(x + 3, box.top + 5)
    }
    if (below[c]) {
      ctx.moveTo(x, bottom)
      ctx.lineTo(x - 3, bottom - 5)
      ctx.lineTo(x + 3, bottom - 5)
    }
  }
  ctx.fill()
}
