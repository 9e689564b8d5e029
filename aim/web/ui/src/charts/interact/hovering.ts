// What the pointer is on, and the tooltip for it.

import { formatCount, formatNumber } from '../../base/format'
import { scaleDigits, xText } from '../layout/axis'
import { detailText, pointDetail } from './pointDetails'
import { clearHover, hoverStore, setHover } from '../../base/hover'
import { REACH, type Scene } from '../layout/model'
import { nearestIndex, nearestLines, type Near } from '../data/nearest'
import { NEUTRAL, palette, slotColour } from '../../base/palette'
import { toPixel, toValue } from '../data/scales'
import { hideTip, isTipShown, prepareTip, showTip, type TipRow } from './tooltip'

/** The position of the chart in the window, in pixels. */
export interface Place {
  readonly left: number
  readonly top: number
}

export function isInside({ box: b }: Scene, x: number, y: number): boolean {
  return x >= b.left && x <= b.left + b.width && y >= b.top - 4 && y <= b.top + b.height + 8
}

/** Does what a hover does, once and unseen: the first real one then finds its code compiled. */
export function rehearse({ drawn, sx, sy, box }: Scene): void {
  prepareTip()
  for (const share of [0.2, 0.5, 0.8]) {
    const x = box.left + box.width * share
    nearestLines(drawn, sx, sy, x, box.top + box.height / 2, toValue(sx, x), REACH, 5)
  }
}

/** Finds what is under the pointer, and marks it in every chart, table and legend of the page. */
export function hoverAt(id: string, at: { x: number; y: number }, scene: Scene, place: Place): void {
  const { spec, sx, sy } = scene
  if (!isInside(scene, at.x, at.y)) {
    clearHover()
    hideTip()
    return
  }
  const x = toValue(sx, at.x)
  if (scene.groupLines.length > 0) {
    hoverGroup(at, id, x, scene, place)
    return
  }
  const near = nearestLines(scene.drawn, sx, sy, at.x, at.y, x, REACH, 5)
  if (near.length === 0) {
    setHover({ run: null, line: null, x: spec.xAxis === 'step' ? Math.round(x) : x, chart: id, group: null })
    tipForMark(at, scene, place)
    return
  }
  const best = near[0]!
  const d = scene.drawn[best.line]!
  setHover({ run: d.line.run, line: d.line.key, x: d.series.x[best.index]!, chart: id, group: null })
  showLines(near, scene, place)
}

function hoverGroup(
  at: { x: number; y: number },
  id: string,
  x: number,
  { spec, sx, sy, groupLines }: Scene,
  place: Place,
): void {
  const p = palette()
  let best = -1
  let distance = REACH
  for (let i = 0; i < groupLines.length; i++) {
    const { data } = groupLines[i]!
    const k = nearestIndex(data.x, x)
    const d = Math.abs(toPixel(sy, data.line[k]!) - at.y)
    if (d < distance) {
      distance = d
      best = i
    }
  }
  const snapped = spec.xAxis === 'step' ? Math.round(x) : x
  if (best < 0) {
    setHover({ run: null, line: null, x: snapped, chart: id, group: null })
    hideTip()
    return
  }
  const { group, data } = groupLines[best]!
  const digits = scaleDigits(sy)
  const k = nearestIndex(data.x, x)
  setHover({ run: null, line: group.key, x: snapped, chart: id, group: group.key })
  const how = spec.aggregate ?? { line: 'mean', band: 'min-max' }
  showTip(
    {
      colour: slotColour(p, group.slot),
      title: group.title,
      value: `${how.line}\t${formatNumber(data.line[k], digits)}`,
      rest: '',
      lines: [
        ...(data.lo && data.hi
          ? [
              `${spec.smoothing !== null && how.band === 'min-max' ? 'raw ' : ''}${how.band} ${formatNumber(data.lo[k], digits)} – ${formatNumber(data.hi[k], digits)}`,
            ]
          : []),
        ...(data.envelope
          ? [`raw min-max ${formatNumber(data.envelope.lo[k], digits)} – ${formatNumber(data.envelope.hi[k], digits)}`]
          : []),
        `${xText(spec.xAxis, snapped, scaleDigits(sx))} · ${formatCount(data.members)} sequences`,
      ],
      others: [],
    },
    place.left + toPixel(sx, snapped),
    place.top + toPixel(sy, data.line[k]!),
  )
}

/** The tooltip of the nearest line, and the values of the next ones. */
export function showLines(near: readonly Near[], scene: Scene, place: Place): void {
  const { spec, sx, sy, box, drawn } = scene
  const p = palette()
  const best = near[0]!
  const d = drawn[best.line]!
  const s = d.series
  const i = best.index
  const group = spec.groups[d.line.group]
  const count = s.count ? s.count[i]! : 1
  const lines: string[] = []
  const digits = scaleDigits(sy)
  if (count > 1)
    lines.push(
      `${formatCount(count)} points · first ${formatNumber(s.first?.[i], digits)} · last ${formatNumber(s.last[i], digits)}`,
      `min ${formatNumber(s.min?.[i], digits)} · max ${formatNumber(s.max?.[i], digits)}`,
    )
  const x = s.x[i]!
  const detail = pointDetail({ sequence: s.id, axis: spec.xAxis, attempts: spec.attempts, x }, () => {
    const h = hoverStore.getState()
    // Not where it has been closed meanwhile: by a zoom, the hover stays and its point is elsewhere.
    if (isTipShown() && h.line === d.line.key && h.x === x) showLines(near, scene, place)
  })
  // A step beyond 2^53 is not the number that the chart has, but the one that the server says.
  const where = [
    detail && spec.xAxis === 'step' ? `step ${formatCount(detail.step)}` : xText(spec.xAxis, x, scaleDigits(sx)),
  ]
  if (detail) where.push(detailText(detail, spec.xAxis))
  if (group && group.label !== d.line.label) where.push(group.title)
  lines.push(where.join(' · '))
  const others: TipRow[] = near.slice(1).map((n) => {
    const o = drawn[n.line]!
    return {
      colour: slotColour(p, spec.groups[o.line.group]?.slot ?? NEUTRAL),
      name: o.line.label,
      value: formatNumber(o.values[n.index], digits),
    }
  })
  showTip(
    {
      colour: group && group.slot !== NEUTRAL ? slotColour(p, group.slot) : p.accent,
      title: d.line.label,
      value: `${d.line.metric}\t${formatNumber(d.values[i], digits)}`,
      rest: spec.smoothing !== null ? `raw ${formatNumber(s.last[i], digits)}` : '',
      lines,
      others,
    },
    place.left + toPixel(sx, s.x[i]!),
    place.top + Math.min(box.top + box.height, Math.max(box.top, toPixel(sy, d.values[i]!))),
  )
}

/** `NaN at step 1 200`, near a tick of the x axis. */
function tipForMark(at: { x: number; y: number }, { spec, sx, box, drawn }: Scene, place: Place): void {
  if (at.y > box.top + box.height - 24) {
    for (const d of drawn) {
      for (const [x, what] of d.series.nonfinite) {
        const px = toPixel(sx, x)
        if (Math.abs(px - at.x) > 4) continue
        const name = what === 'nan' ? 'NaN' : what === 'inf' ? '∞' : '−∞'
        showTip(
          {
            colour: slotColour(palette(), spec.groups[d.line.group]?.slot ?? NEUTRAL),
            title: d.line.label,
            value: '',
            rest: '',
            lines: [`${name} at ${xText(spec.xAxis, x, scaleDigits(sx))}`],
            others: [],
          },
          place.left + px,
          place.top + box.top + box.height,
        )
        return
      }
    }
  }
  hideTip()
}
