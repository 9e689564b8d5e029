// What the pointer is on, and the tooltip for it.

import { formatCount, formatNumber } from '../../base/format'
import { scaleDigits, xText } from '../layout/axis'
import { detailText, pointDetail } from './pointDetails'
import { clearHover, hoverStore, setHover } from '../../base/hover'
import { REACH, type Drawn, type Scene } from '../layout/model'
import { nearestIndex, nearestLines, type Near } from '../data/nearest'
import { NEUTRAL, palette, slotColour } from '../../base/palette'
import { toPixel, toValue } from '../data/scales'
import { nearestGroup, showGroup } from './groupTip'
import { bucketTexts, isBucket, loggedText, NONFINITE, otherName, placeText, spanText } from '../layout/texts'
import { hideTip, isTipShown, prepareTip, showTip, type TipRow } from './tooltip'

/** How far a tick of the x axis is hovered, in pixels. */
const MARK_REACH = 4

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
  const bottom = scene.box.top + scene.box.height
  // Over the ticks of the x axis they are meant, not a line that comes close to the axis.
  if (at.y > bottom && tipForMark(id, at, scene, place)) return
  if (scene.groupLines.length > 0) {
    hoverGroup(at, id, x, scene, place)
    return
  }
  let near = nearestLines(scene.drawn, sx, sy, at.x, at.y, x, REACH, 5)
  // A spike that smoothing has levelled is drawn all the same, faintly.
  if (near.length === 0 && spec.smoothing !== null)
    near = nearestLines(scene.drawn, sx, sy, at.x, at.y, x, REACH / 2, 5, true)
  if (near.length === 0) {
    if (at.y > bottom - REACH && tipForMark(id, at, scene, place)) return
    setHover({ run: null, line: null, x: spec.xAxis === 'step' ? Math.round(x) : x, chart: id, group: null })
    hideTip()
    return
  }
  const best = near[0]!
  const d = scene.drawn[best.line]!
  setHover({ run: d.line.run, line: d.line.key, x: d.series.x[best.index]!, chart: id, group: null })
  showLines(near, scene, place)
}

function hoverGroup(at: { x: number; y: number }, id: string, x: number, scene: Scene, place: Place): void {
  const { spec, sx, sy, box, drawn, groupLines } = scene
  const best = nearestGroup(scene, at.y, x)
  if (best >= 0) {
    showGroup(id, best, nearestIndex(groupLines[best]!.data.x, x), scene, place)
    return
  }
  // At the edges there are marks of points that are clipped, whose lines are not drawn.
  const isAtEdge = at.y < box.top + MARK_REACH * 2 || at.y > box.top + box.height - MARK_REACH * 2
  const near = isAtEdge
    ? nearestLines(drawn, sx, sy, at.x, at.y, x, MARK_REACH * 2, 5, true).filter((n) => isClipped(n, scene))
    : []
  if (near.length > 0) {
    const d = drawn[near[0]!.line]!
    setHover({ run: d.line.run, line: d.line.key, x: d.series.x[near[0]!.index]!, chart: id, group: null })
    showLines(near, scene, place)
    return
  }
  if (at.y > box.top + box.height - REACH && tipForMark(id, at, scene, place)) return
  setHover({ run: null, line: null, x: spec.xAxis === 'step' ? Math.round(x) : x, chart: id, group: null })
  hideTip()
}

function isClipped({ line, index }: Near, { drawn, sy }: Scene): boolean {
  const { series } = drawn[line]!
  const high = series.max?.[index] ?? series.last[index]!
  const low = series.min?.[index] ?? series.last[index]!
  return high > sy.domain[1] || low < sy.domain[0]
}

/** The tooltip of the nearest line, and what the next ones had logged by then. */
export function showLines(near: readonly Near[], scene: Scene, place: Place): void {
  const { spec, sx, sy, box, drawn } = scene
  const p = palette()
  const best = near[0]!
  const d = drawn[best.line]!
  const s = d.series
  const i = best.index
  const group = spec.groups[d.line.group]
  const digits = scaleDigits(sy)
  const x = s.x[i]!
  const inBucket = isBucket(s, i)
  const until = inBucket ? (s.x[i + 1] ?? Number.MAX_VALUE) : null
  const detail = pointDetail({ sequence: s.id, axis: spec.xAxis, attempts: spec.attempts, x, until }, () => {
    const h = hoverStore.getState()
    // Not where it has been closed meanwhile: by a zoom, the hover stays and its point is elsewhere.
    if (isTipShown() && h.line === d.line.key && h.x === x) showLines(near, scene, place)
  })
  // A step beyond 2^53 is not the number that the chart has, but the one that the server says.
  const where = [
    detail && spec.xAxis === 'step' && !inBucket
      ? `step ${formatCount(detail.step)}`
      : placeText(d, i, detail?.end ?? null, scene),
  ]
  if (detail && !inBucket) where.push(detailText(detail, spec.xAxis))
  if (group && group.label !== d.line.label) where.push(group.title)
  const raw = inBucket ? spanText(s.min![i]!, s.max![i]!, digits) : formatNumber(s.last[i], digits)
  showTip(
    {
      colour: group && group.slot !== NEUTRAL ? slotColour(p, group.slot) : p.accent,
      title: d.line.label,
      value: `${d.line.metric}\t${d.values !== s.last ? formatNumber(d.values[i], digits) : raw}`,
      rest: d.values !== s.last ? `raw ${raw}` : '',
      lines: [...bucketTexts(d, i, scene), where.filter(Boolean).join(' · ')],
      others: near.slice(1).map((n): TipRow => {
        const o = drawn[n.line]!
        return {
          colour: slotColour(p, spec.groups[o.line.group]?.slot ?? NEUTRAL),
          name: otherName(o, d.line.run, scene),
          value: loggedText(o, x, scene),
        }
      }),
    },
    place.left + toPixel(sx, x),
    place.top + Math.min(box.top + box.height, Math.max(box.top, toPixel(sy, d.values[i]!))),
  )
}

/** `NaN at step 1 200`, near a tick of the x axis; false where there is none. */
function tipForMark(id: string, at: { x: number; y: number }, { spec, sx, box, drawn }: Scene, place: Place): boolean {
  const low = toValue(sx, at.x - MARK_REACH)
  const high = toValue(sx, at.x + MARK_REACH)
  let best: { d: Drawn; x: number; what: string } | null = null
  let n = 0
  for (const d of drawn) {
    for (let i = lowerBoundOf(d.series.nonfinite, low); i < d.series.nonfinite.length; i++) {
      const [x, what] = d.series.nonfinite[i]!
      if (x > high) break
      n++
      if (!best || Math.abs(toPixel(sx, x) - at.x) < Math.abs(toPixel(sx, best.x) - at.x)) best = { d, x, what }
    }
  }
  if (!best) return false
  const { d, x, what } = best
  setHover({ run: d.line.run, line: d.line.key, x, chart: id, group: null })
  showTip(
    {
      colour: slotColour(palette(), spec.groups[d.line.group]?.slot ?? NEUTRAL),
      title: d.line.label,
      value: `${d.line.metric}\t${NONFINITE[what] ?? what}`,
      rest: '',
      lines: [xText(spec.xAxis, x, scaleDigits(sx)), ...(n > 1 ? [`and ${formatCount(n - 1)} more here`] : [])],
      others: [],
    },
    place.left + toPixel(sx, x),
    place.top + box.top + box.height,
  )
  return true
}

/** First mark at or after `x`. */
function lowerBoundOf(marks: readonly (readonly [number, string])[], x: number): number {
  let lo = 0
  let hi = marks.length
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (marks[mid]![0] < x) lo = mid + 1
    else hi = mid
  }
  return lo
}
