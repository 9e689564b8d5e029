// The lines of a hovered group, painted beside the hover and kept: a move of the pointer costs one copy.

import { trace } from '../data/lod'
import type { Drawn, Scene } from '../layout/model'
import { palette, slotColour } from '../../base/palette'
import { visibleRange } from '../../base/series'
import { inSlices } from './slices'
import { areas, edgeLines, groupLine, traceBand } from './bands'
import { drawVeil, hoverLine } from './hoverLine'
import { drawDots, type Dots } from './strokes'

/** Members of a group that its hover shows, at most. */
const MEMBERS_SHOWN = 200
const MEMBERS_STEP = 10
/** Raw extremes beside the band. */
const RAW_DASH = [2, 3]
/** A pointer that only passes over a group leaves its members alone, in ms. */
const DWELL_MS = 40

export class HoverGroup {
  /** No canvas while the lines are in the making. */
  private current: { readonly key: string; canvas: HTMLCanvasElement | null } | null = null

  /** The picture has changed. */
  forget(): void {
    this.current = null
  }

  /** The lines of a group on a canvas like `over`; null until they are there, then `ready` is called. */
  of(key: string, scene: Scene, over: HTMLCanvasElement, ratio: number, ready: () => void): HTMLCanvasElement | null {
    if (this.current?.key === key) return this.current.canvas
    const wanted: { key: string; canvas: HTMLCanvasElement | null } = { key, canvas: null }
    this.current = wanted
    const canvas = document.createElement('canvas')
    canvas.width = over.width
    canvas.height = over.height
    const ctx = canvas.getContext('2d', { willReadFrequently: true })!
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
    const steps = groupSteps(key, scene, ratio)
    const next = () => {
      const step = steps.next()
      if (step.done) return true
      step.value(ctx)
      // Drawing is recorded and painted later; reading a pixel paints it now, so that the clock tells the truth.
      ctx.getImageData(0, 0, 1, 1)
      return false
    }
    const done = () => {
      wanted.canvas = canvas
      ready()
    }
    setTimeout(() => inSlices(next, () => this.current === wanted, done), DWELL_MS)
    return null
  }
}

function* groupSteps(key: string, scene: Scene, ratio: number): Generator<(ctx: CanvasRenderingContext2D) => void> {
  yield (ctx) => drawVeil(ctx, scene)
  const own = scene.groupLines.find((g) => g.group.key === key)
  if (!own) {
    let n = 0
    for (const d of scene.drawn)
      if (scene.spec.groups[d.line.group]?.key === key && n++ < 60) yield (ctx) => hoverLine(ctx, d, scene, ratio)
    return
  }
  const { members, data, group } = own
  const shown =
    members.length > MEMBERS_SHOWN
      ? members.filter((_, i) => i % Math.ceil(members.length / MEMBERS_SHOWN) === 0)
      : members
  for (let i = 0; i < shown.length; i += MEMBERS_STEP)
    yield (ctx) => drawMembers(ctx, ratio, shown.slice(i, i + MEMBERS_STEP), shown.length > 30 ? 0.1 : 0.25, scene)
  yield (ctx) => {
    ctx.fillStyle = ctx.strokeStyle = slotColour(palette(), group.slot)
    for (const [edges, alpha] of areas(data)) {
      ctx.globalAlpha = alpha
      ctx.beginPath()
      traceBand(ctx, data.x, edges, scene.sx, scene.sy)
      ctx.fill()
    }
    ctx.globalAlpha = 1
    const dots: Dots[] = []
    groupLine(ctx, own, scene, dots)
    drawDots(ctx, scene.box, dots)
    if (data.envelope) edgeLines(ctx, data.x, data.envelope, scene, RAW_DASH)
  }
}

function drawMembers(
  ctx: CanvasRenderingContext2D,
  ratio: number,
  members: readonly Drawn[],
  alpha: number,
  { spec, sx, sy }: Scene,
): void {
  const p = palette()
  ctx.globalAlpha = alpha
  ctx.lineWidth = 1 / ratio
  for (const d of members) {
    ctx.strokeStyle = slotColour(p, spec.groups[d.line.group]?.slot ?? 0)
    const [from, to] = visibleRange(d.series.x, sx.domain[0], sx.domain[1])
    ctx.beginPath()
    trace(ctx, d.series, { from, to, x: sx, y: sy, values: d.values })
    ctx.stroke()
  }
  ctx.globalAlpha = 1
}
