// The keys of a chart that has the focus.

import { hoverStore, setHover } from '../../base/hover'
import { showGroup } from './groupTip'
import { showLines } from './hovering'
import type { ChartEvents, Drawn, Scene } from '../layout/model'
import { nearestIndex, pointWithin, valueAt } from '../data/nearest'
import { toPixel, zoomDomain, type Scale } from '../data/scales'

export interface KeyTarget {
  readonly id: string
  readonly host: HTMLElement
  readonly scene: Scene | null
  readonly events: ChartEvents
  /** The line that the keys are on. */
  keyLine: number
}

export function onChartKey(e: KeyboardEvent, chart: KeyTarget): void {
  const { scene, events } = chart
  if (!scene || e.target !== chart.host || e.ctrlKey || e.metaKey || e.altKey) return
  const { sx, box } = scene
  const middle = (box.left * 2 + box.width) / 2
  const take = () => {
    e.preventDefault()
    e.stopPropagation()
  }
  switch (e.key) {
    case 'ArrowLeft':
    case 'ArrowRight': {
      take()
      moveCrosshair(chart, scene, (e.key === 'ArrowLeft' ? -1 : 1) * (e.shiftKey ? 10 : 1), 0)
      break
    }
    case 'ArrowUp':
    case 'ArrowDown':
      take()
      moveCrosshair(chart, scene, 0, e.key === 'ArrowUp' ? -1 : 1)
      break
    case 'Enter':
      take()
      events.onPin(hoverStore.getState().run, hoverStore.getState().x)
      break
    case '+':
    case '=':
      take()
      events.onZoom(zoomDomain(sx, crossPixel(sx) ?? middle, 0.5), null)
      break
    case '-':
      take()
      events.onZoom(zoomDomain(sx, crossPixel(sx) ?? middle, 2), null)
      break
    case '0':
      take()
      events.onZoomReset()
      break
    case 'l':
      take()
      events.onLog()
      break
    case 'f':
      take()
      events.onExpand()
      break
  }
}

function crossPixel(sx: Scale): number | null {
  const { x } = hoverStore.getState()
  return x === null ? null : toPixel(sx, x)
}

function moveCrosshair(chart: KeyTarget, scene: Scene, dx: number, dLine: number): void {
  if (scene.drawn.length === 0) return
  const { sx, drawn } = scene
  const h = hoverStore.getState()
  if (scene.groupLines.length > 0) {
    moveOnGroups(chart, scene, dx, dLine)
    return
  }
  let current = drawn.findIndex((d) => d.line.key === h.line)
  if (current < 0) current = Math.min(chart.keyLine, drawn.length - 1)
  // A line that ended before what is shown begins has no place for the crosshair.
  const [x0, x1] = sx.domain
  const isShown = (d: Drawn) => pointWithin(d.series.x, x0, 0, x0, x1) >= 0
  if (!isShown(drawn[current]!)) current = drawn.findIndex(isShown)
  if (current < 0) return
  const x = h.x ?? (sx.domain[0] + sx.domain[1]) / 2
  if (dLine !== 0) {
    // Lines in their order at the crosshair.
    const order = drawn
      .map((d, i) => ({ i, v: valueAt(d.series.x, d.values, x) }))
      .filter((o) => Number.isFinite(o.v) && isShown(drawn[o.i]!))
      .sort((a, b) => b.v - a.v)
    if (order.length > 0) {
      const at = order.findIndex((o) => o.i === current)
      current = order[Math.min(order.length - 1, Math.max(0, at + dLine))]!.i
    }
  }
  chart.keyLine = current
  const d = drawn[current]!
  const i = pointWithin(d.series.x, x, dx, x0, x1)
  if (i < 0) return
  setHover({ run: d.line.run, line: d.line.key, x: d.series.x[i]!, chart: chart.id, group: null })
  showLines([{ line: current, index: i, distance: 0 }], scene, chart.host.getBoundingClientRect())
}

/** The same on the lines of groups: from place to place, and from group to group in their order at the crosshair. */
function moveOnGroups(chart: KeyTarget, scene: Scene, dx: number, dLine: number): void {
  const { sx, groupLines } = scene
  const h = hoverStore.getState()
  const x = h.x ?? (sx.domain[0] + sx.domain[1]) / 2
  let current = groupLines.findIndex((g) => g.group.key === h.group)
  if (current < 0) current = 0
  const valueOf = (i: number) => {
    const { data } = groupLines[i]!
    return data.line[nearestIndex(data.x, x)]!
  }
  const order = groupLines
    .map((_, i) => i)
    .filter((i) => Number.isFinite(valueOf(i)))
    .sort((a, b) => valueOf(b) - valueOf(a))
  if (dLine !== 0 && order.length > 0)
    current = order[Math.min(order.length - 1, Math.max(0, order.indexOf(current) + dLine))]!
  const { data } = groupLines[current]!
  const k = Math.min(data.x.length - 1, Math.max(0, nearestIndex(data.x, x) + dx))
  if (k >= 0) showGroup(chart.id, current, k, scene, chart.host.getBoundingClientRect())
}
