// Which colour and which dash a group of lines has. Pure.

import type { MetricRun } from '../../base/api/types'
import { compareTexts } from '../../base/order'
import { CATEGORIES, DASHES, NEUTRAL, numberSlot, statusSlot } from '../../base/palette'
import { runSlot, type RunSlots } from '../../base/runColours'
import { BETWEEN } from './grouping'
import type { ChartGroup } from '../../charts/layout/model'

/** A group before it has a colour. */
export type BareGroup = Pick<ChartGroup, 'key' | 'label' | 'title'>

/** The scale of colours that numbers have. */
export interface ColourScale {
  readonly lo: number
  readonly hi: number
  readonly isLog: boolean
}

export interface Coloured {
  /** As they were given, in their order. */
  readonly groups: readonly ChartGroup[]
  /** null: the colours are not of numbers. */
  readonly scale: ColourScale | null
}

export interface Colouring {
  /** The field that gives the colour; empty: nothing does. */
  readonly colour: string
  readonly dash: string
  readonly places: Places
  /** Slots that the address names, by value. */
  readonly chosen: RunSlots
  readonly runs: Readonly<Record<string, MetricRun>>
  /** Slots of runs that this browser keeps. */
  readonly ownSlots: RunSlots
}

/** Values and their places: in their order at first, and kept while the view lives. */
class PlacesOf {
  private readonly places = new Map<string, number>()

  /** New values come after those that have a place. */
  add(values: readonly string[]): void {
    for (const v of values) if (!this.places.has(v)) this.places.set(v, this.places.size)
  }

  of(value: string): number {
    return this.places.get(value) ?? 0
  }
}

/** Of the values that are neither runs nor numbers. */
export class Places {
  readonly colours = new PlacesOf()
  readonly dashes = new PlacesOf()
}

/** The values of a field in the order of people, with what has none after the others. */
function inOrder(values: Iterable<string>): string[] {
  return [...new Set(values)].sort(
    (a, b) =>
      Number(isNone(a)) - Number(isNone(b)) ||
      Number(b === NO_CONTEXT) - Number(a === NO_CONTEXT) ||
      compareValues(a, b),
  )
}

/** Values of several fields, one after the other. */
function compareValues(a: string, b: string): number {
  const [x, y] = [a.split(BETWEEN), b.split(BETWEEN)]
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const d = compareTexts(x[i]!, y[i]!)
    if (d !== 0) return d
  }
  return x.length - y.length
}

const NO_CONTEXT = 'no context'
const isNone = (value: string) => value === 'none' || value === '–'

export function colourGroups(bare: readonly BareGroup[], how: Colouring): Coloured {
  const values = bare.map((g) => colourOf(g.key))
  const order = how.colour === 'run' ? [...new Set(values)] : inOrder(values)
  const rankOf = new Map(order.map((v, i) => [v, i]))
  const { slotOf, scale } = slotsFor(order, how)
  const { dashes } = how.places
  if (how.dash) dashes.add(inOrder(bare.map((g) => dashOf(g.key))))
  const groups = bare.map((g, i): ChartGroup => {
    const value = values[i]!
    return {
      ...g,
      slot: how.chosen[value] ?? slotOf(value),
      dash: how.dash ? dashes.of(dashOf(g.key)) % DASHES.length : 0,
      rank: rankOf.get(value)!,
    }
  })
  return { groups, scale }
}

interface Slots {
  readonly slotOf: (value: string) => number
  readonly scale: ColourScale | null
}

function slotsFor(order: readonly string[], { colour, places, runs, ownSlots }: Colouring): Slots {
  const field = colour.replace(/^run\./, '')
  if (!colour) return { slotOf: () => 0, scale: null }
  if (field === 'run') return { slotOf: (hash) => runSlot({ hash, slot: runs[hash]?.slot }, ownSlots), scale: null }
  if (field === 'status') return { slotOf: statusSlot, scale: null }
  const scale = scaleOf(order)
  if (scale) return { slotOf: (v) => (isNone(v) ? NEUTRAL : numberSlot(shareOf(scale, numberOf(v)))), scale }
  places.colours.add(order)
  return { slotOf: (v) => places.colours.of(v) % CATEGORIES, scale: null }
}

/** A number as it is shown, with the signs and spaces that numbers are shown with. */
function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text.replace('\u2212', '-').replace(/[\u2009\u202f]/g, ''))
}

/** From this many times the smallest on, the scale is logarithmic. */
const LOG_FROM = 30

/** The scale of values that are all numbers; null: they are not, or all are the same. */
export function scaleOf(values: readonly string[]): ColourScale | null {
  let lo = Infinity
  let hi = -Infinity
  let least = Infinity
  for (const v of values) {
    if (isNone(v)) continue
    const n = numberOf(v)
    if (!Number.isFinite(n)) return null
    lo = Math.min(lo, n)
    hi = Math.max(hi, n)
    if (n > 0) least = Math.min(least, n)
  }
  if (!(hi > lo)) return null
  const isLog = lo >= 0 && hi > LOG_FROM * least
  return { lo: isLog ? least : lo, hi, isLog }
}

/** Where a number is on the scale, 0 to 1; 0 is at the lower end of a logarithmic one. */
export function shareOf({ lo, hi, isLog }: ColourScale, value: number): number {
  return isLog ? Math.log(Math.max(lo, value) / lo) / Math.log(hi / lo) : (value / 2 - lo / 2) / (hi / 2 - lo / 2)
}

/** The number at a share of the scale. */
export function valueAtShare({ lo, hi, isLog }: ColourScale, share: number): number {
  return isLog ? lo * (hi / lo) ** share : lo * (1 - share) + hi * share
}

/** The value that gives a group its colour. */
export function colourOf(groupKey: string): string {
  const cut = groupKey.indexOf('\u0000')
  return cut < 0 ? groupKey : groupKey.slice(0, cut)
}

/** The value that gives a group its dash. */
function dashOf(groupKey: string): string {
  const cut = groupKey.indexOf('\u0000')
  return cut < 0 ? '' : groupKey.slice(cut + 1)
}
