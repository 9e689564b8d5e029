// Groups of lines as one line and a band each.

import { formatCount } from '../ui/format'
import { aggregateSteps, type Member } from './aggregate'
import type { Box } from './axis'
import type { ChartGroup, ChartSpec, Drawn, GroupLine, Scene } from './model'
import { DASHES, palette, slotColour } from './palette'
import { toPixel, type Scale } from './scales'
import { plainPath, strongLine } from './strokes'

export function* makeGroups(spec: ChartSpec, shown: readonly Drawn[], box: Box, sx: Scale, banded: boolean): Generator<void, GroupLine[]> {
  const out: GroupLine[] = []
  const how = spec.aggregate ?? { line: 'mean' as const, band: 'min-max' as const }
  const merge = banded && spec.groups.length > 40
  const members = new Map<number, Drawn[]>()
  for (const d of shown) {
    const key = merge ? 0 : d.line.group
    const list = members.get(key)
    if (list) list.push(d)
    else members.set(key, [d])
  }
  const columns = shown.length > 3000 ? box.width / 3 : box.width / 1.5
  for (const [index, list] of members) {
    const group: ChartGroup = merge ? { key: 'all', label: `${formatCount(list.length)} sequences`, slot: 0, dash: 0 } : spec.groups[index]!
    const asMembers: Member[] = list.map((d) => ({ series: d.series, values: d.values }))
    out.push({ group, data: yield* aggregateSteps(asMembers, sx, columns, how.line, how.band), members: list })
  }
  return out
}

export function drawGroups(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { spec, sx, sy, box, groupLines } = scene
  const yOrBottom = (v: number) => {
    const y = toPixel(sy, v)
    return Number.isFinite(y) ? y : box.top + box.height + 4
  }
  const p = palette()
  ctx.setLineDash([])
  for (const { group, data } of groupLines) {
    if (!data.lo || !data.hi) continue
    ctx.fillStyle = slotColour(p, group.slot)
    ctx.globalAlpha = 0.15
    const { x, lo, hi } = data
    let start = -1
    for (let i = 0; i <= x.length; i++) {
      const ok = i < x.length && lo[i]! - lo[i]! === 0
      if (ok && start < 0) start = i
      if (!ok && start >= 0) {
        ctx.beginPath()
        for (let k = start; k < i; k++) ctx.lineTo(toPixel(sx, x[k]!), toPixel(sy, hi[k]!))
        for (let k = i - 1; k >= start; k--) ctx.lineTo(toPixel(sx, x[k]!), yOrBottom(lo[k]!))
        ctx.fill()
        start = -1
      }
    }
  }
  ctx.globalAlpha = spec.focus !== null ? 0.4 : 1
  for (const { group, data } of groupLines) {
    ctx.strokeStyle = slotColour(p, group.slot)
    ctx.setLineDash(DASHES[group.dash] as number[])
    ctx.lineWidth = 1.75
    ctx.lineJoin = 'round'
    ctx.beginPath()
    plainPath(ctx, data.x, data.line, sx, sy)
    ctx.stroke()
  }
  ctx.globalAlpha = 1
  ctx.setLineDash([])
  for (const d of scene.drawn) if (d.line.run === spec.focus || spec.selected.has(d.line.run)) strongLine(ctx, d, scene)
}
