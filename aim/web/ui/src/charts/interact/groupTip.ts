// The pointer and the keys on the line of a group, and its tooltip.

import { formatCount, formatNumber } from '../../base/format'
import { setHover } from '../../base/hover'
import { palette, slotColour } from '../../base/palette'
import { indexAt } from '../data/logged'
import { nearestIndex } from '../data/nearest'
import { toPixel } from '../data/scales'
import { scaleDigits, xText } from '../layout/axis'
import { REACH, type GroupLine, type Scene } from '../layout/model'
import { BAND_NAMES, isBucket, placeText, spanText } from '../layout/texts'
import { showTip, type TipRow } from './tooltip'
import type { Place } from './hovering'

/** Members that are looked at one by one for a tooltip, at most. */
const MEMBERS_READ = 2_000
const OTHERS = 4

/** The group whose line is nearest to a pixel; -1 where none is within reach. */
export function nearestGroup({ groupLines, sy, box }: Scene, pixelY: number, x: number): number {
  let best = -1
  let distance = REACH
  for (let i = 0; i < groupLines.length; i++) {
    const { data } = groupLines[i]!
    const k = nearestIndex(data.x, x)
    if (k < 0) continue
    const at = Math.min(box.top + box.height, Math.max(box.top, toPixel(sy, valueNear(groupLines[i]!, k, x))))
    const d = Math.abs(at - pixelY)
    if (d < distance) {
      distance = d
      best = i
    }
  }
  return best
}

/** The value of the drawn line at `x`, to find it: between two places it is straight. */
function valueNear({ data: { x: xs, line } }: GroupLine, k: number, x: number): number {
  const other = xs[k]! <= x ? k + 1 : k - 1
  const a = line[k]!
  const b = line[other]
  if (b === undefined || !(b - b === 0) || xs[other] === xs[k]) return a
  return a + ((b - a) * (x - xs[k]!)) / (xs[other]! - xs[k]!)
}

/** Marks a group at one of its places in every chart, and shows its tooltip. */
export function showGroup(id: string, index: number, k: number, scene: Scene, place: Place): void {
  const { spec, sx, sy, groupLines } = scene
  const p = palette()
  const { group, data } = groupLines[index]!
  const digits = scaleDigits(sy)
  const x = data.x[k]!
  setHover({ run: null, line: group.key, x, chart: id, group: group.key })
  const how = spec.aggregate ?? { line: 'mean' as const, band: 'min-max' as const }
  const lines: string[] = []
  if (data.pair && data.n[k] === 2)
    lines.push(
      `two values: ${formatNumber(data.pair.lo[k], digits)} and ${formatNumber(data.pair.hi[k], digits)}${how.band === 't95' ? ', too few for an interval' : ''}`,
    )
  if (data.lo && data.hi && data.lo[k]! - data.lo[k]! === 0)
    lines.push(
      `${spec.smoothing !== null && how.band === 'min-max' ? 'raw ' : ''}${BAND_NAMES[how.band].replace('± ', '')} ${spanText(data.lo[k]!, data.hi[k]!, digits)}`,
    )
  else if (data.n[k] === 1 && data.pair) lines.push('one value: no interval')
  if (data.envelope) lines.push(`dotted: raw min–max ${spanText(data.envelope.lo[k]!, data.envelope.hi[k]!, digits)}`)
  const others: TipRow[] = []
  for (let i = 0; i < groupLines.length && others.length < OTHERS; i++) {
    const o = groupLines[i]!
    const at = nearestIndex(o.data.x, x)
    if (i === index || at < 0 || !(o.data.line[at]! - o.data.line[at]! === 0)) continue
    // Beside it in the same column of pixels, or not at all: its line may have ended.
    if (Math.abs(toPixel(sx, o.data.x[at]!) - toPixel(sx, x)) > 2) continue
    others.push({
      colour: slotColour(p, o.group.slot),
      name: o.group.title,
      value: `${formatNumber(o.data.line[at], digits)} · n ${formatCount(o.data.n[at]!)}`,
    })
  }
  showTip(
    {
      colour: slotColour(p, group.slot),
      title: group.title,
      value: `${how.line}\t${formatNumber(data.line[k], digits)}`,
      rest: `n ${formatCount(data.n[k]!)}${data.n[k]! < data.members ? ` of ${formatCount(data.members)}` : ''}`,
      lines: [...lines, ...memberTexts(groupLines[index]!, x, data.n[k]!, scene)],
      others,
    },
    place.left + toPixel(sx, x),
    place.top + toPixel(sy, data.line[k]!),
  )
}

/** Where the values come from: the place, how many members logged there, and what became of the others. */
function memberTexts({ members }: GroupLine, x: number, n: number, scene: Scene): string[] {
  const { spec, sx } = scene
  const where = xText(spec.xAxis, x, scaleDigits(sx))
  if (members.length > MEMBERS_READ) return [where]
  let here = 0
  let ended = 0
  let later = 0
  let broken = 0
  let bucket = ''
  for (const d of members) {
    const xs = d.series.x
    if (d.line.broken) broken++
    const i = indexAt(xs, x)
    if (i >= 0 && xs[i] === x) {
      here++
      if (isBucket(d.series, i)) bucket ||= placeText(d, i, null, scene)
    } else if (i < 0) later++
    else if (i === xs.length - 1) ended++
  }
  const missing = members.length - n
  const why = [
    ended > 0 ? `${formatCount(ended)} ended before` : '',
    later > 0 ? `${formatCount(later)} begin later` : '',
  ].filter(Boolean)
  return [
    `${bucket || where} · ${here === members.length ? `logged by all ${formatCount(here)}` : `logged by ${formatCount(here)}`}`,
    ...(here < n ? [`${formatCount(n - here)} between two of their points, or in the same pixel`] : []),
    ...(missing > 0 && why.length > 0 ? [why.join(', ')] : []),
    ...(broken > 0 ? [`${formatCount(broken)} of the ${formatCount(members.length)} crashed or failed`] : []),
  ]
}
