// What gives lines their colour, their dash or their chart: one or several fields, or everything but some. Pure.

import { WholeFloat } from '../../../base/api/json'
import { splitKeys } from '../../../base/address'
import type { MetricRun, MetricSequence, Params } from '../../../base/api/types'
import { exactText } from '../../../base/format'
import { compareTexts } from '../../../base/order'
import { below, readPath, shortNames } from '../../../base/paramPath'
import { BETWEEN, fieldKey, fieldLabel, fieldText, titledText } from '../grouping'

type Runs = Readonly<Record<string, MetricRun>>

/** The fields of a slot, and params that differ and are none of them. */
export interface SlotFields {
  readonly fields: readonly string[]
  readonly leftOut: readonly string[]
}

const BUT = 'but:'
/** All params that differ, except those that give runs their random numbers, and where and when they ran. */
export const BUT_SEED = 'but:seed'
/** Between what an item leaves out. */
const OR = ';'

const SEEDS = new Set(['seed', 'random_seed', 'random_state', 'rng', 'pythonhashseed'])
/** They differ between any two runs and say nothing about how a run was configured. */
const PLACES = new Set(
  'run_dir run_name run_id output_dir out_dir log_dir logdir save_dir work_dir checkpoint_dir host hostname timestamp start_time'.split(
    ' ',
  ),
)

const lastKey = (path: string) => (readPath(path).at(-1) ?? '').toLowerCase()

export function isSeed(path: string): boolean {
  const key = lastKey(path)
  return SEEDS.has(key) || key.endsWith('_seed')
}

export function isEverythingBut(item: string): boolean {
  return item.startsWith(BUT)
}

/** What an item like `but:seed;params.note` leaves out. */
function exceptionsOf(item: string): string[] {
  return item.slice(BUT.length).split(OR).filter(Boolean)
}

interface Differing {
  readonly paths: readonly string[]
  /** By path: what distinguishes it from all other params. */
  readonly names: ReadonlyMap<string, string>
}

const differing = new WeakMap<Runs, Differing>()

/** The params that are not the same in all runs, or that only some runs have. */
export function differingParams(runs: Runs): Differing {
  const known = differing.get(runs)
  if (known) return known
  const all = Object.values(runs)
  const seen = new Map<string, { first: string; isSame: boolean; n: number }>()
  const walk = (params: Params, prefix: string) => {
    for (const [key, value] of Object.entries(params)) {
      const path = below(prefix, key)
      if (value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof WholeFloat)) {
        walk(value as Params, path)
        continue
      }
      const at = seen.get(path)
      if (!at) seen.set(path, { first: exactText(value), isSame: true, n: 1 })
      else {
        at.n++
        if (at.isSame && exactText(value) !== at.first) at.isSame = false
      }
    }
  }
  for (const run of all) walk(run.params, '')
  const paths = [...seen]
    .filter(([, { isSame, n }]) => !isSame || n < all.length)
    .map(([path]) => path)
    .sort(compareTexts)
  const found = { paths, names: shortNames([...seen.keys()]) }
  differing.set(runs, found)
  return found
}

function everythingBut(item: string, runs: Runs): SlotFields {
  const but = exceptionsOf(item)
  const { paths, names } = differingParams(runs)
  const isLeftOut = (path: string) =>
    but.includes(`params.${names.get(path) ?? path}`) ||
    but.includes(`params.${path}`) ||
    (but.includes('seed') && (isSeed(path) || PLACES.has(lastKey(path))))
  const named = (list: readonly string[]) => list.map((path) => `params.${names.get(path) ?? path}`)
  return {
    fields: named(paths.filter((path) => !isLeftOut(path))),
    leftOut: named(paths.filter(isLeftOut)),
  }
}

/** The fields of a list of items, each a field or everything but some. */
export function fieldsOf(items: readonly string[], runs: Runs): SlotFields {
  if (!items.some(isEverythingBut)) return { fields: items, leftOut: [] }
  const parts = items.map((item) =>
    isEverythingBut(item) ? everythingBut(item, runs) : { fields: [item], leftOut: [] },
  )
  return {
    fields: [...new Set(parts.flatMap((p) => p.fields))],
    leftOut: [...new Set(parts.flatMap((p) => p.leftOut))],
  }
}

/** Of a slot as the address has it. */
export function slotFields(slot: string, runs: Runs): SlotFields {
  return fieldsOf(splitKeys(slot), runs)
}

/** An item as a chip has it. */
export function itemLabel(item: string): string {
  if (!isEverythingBut(item)) return fieldLabel(item)
  const but = exceptionsOf(item)
  return but.length === 0 ? 'everything that differs' : `everything but ${but.map(fieldLabel).join(', ')}`
}

/** Reads a slot for sequences: keys of groups, and their names. What is read of params is read once a run. */
export class SlotReader {
  readonly fields: readonly string[]
  private readonly isOfRun: boolean
  private readonly keys = new Map<MetricRun, string>()

  constructor(slot: string, runs: Runs) {
    this.fields = slotFields(slot, runs).fields
    this.isOfRun = this.fields.length > 0 && this.fields.every((f) => f.startsWith('params.'))
  }

  get isEmpty(): boolean {
    return this.fields.length === 0
  }

  key(s: MetricSequence, run: MetricRun): string {
    if (!this.isOfRun) return this.fields.map((f) => fieldKey(f, s, run)).join(BETWEEN)
    let key = this.keys.get(run)
    if (key === undefined) this.keys.set(run, (key = this.fields.map((f) => fieldKey(f, s, run)).join(BETWEEN)))
    return key
  }

  /** The values: `0.1 · adam`. */
  label(s: MetricSequence, run: MetricRun): string {
    return this.fields.map((f) => fieldText(f, s, run)).join(' · ')
  }

  /** The values with their fields: `lr 0.1 · optimizer adam`. */
  title(s: MetricSequence, run: MetricRun): string {
    return this.fields.map((f) => titledText(f, s, run)).join(' · ')
  }
}

/** The items of a slot after a click on one of them. */
export function toggledItem(items: readonly string[], item: string, runs: Runs): string[] {
  if (items.includes(item)) return items.filter((i) => i !== item)
  if (isEverythingBut(item)) return [...items.filter((i) => !i.startsWith('params.') && !isEverythingBut(i)), item]
  const but = items.find(isEverythingBut)
  if (but === undefined || !item.startsWith('params.')) return [...items, item]
  const { fields, leftOut } = everythingBut(but, runs)
  const others = items.filter((i) => i !== but)
  const exceptions = exceptionsOf(but)
  if (exceptions.includes(item)) return [...others, BUT + exceptions.filter((e) => e !== item).join(OR)]
  if (fields.includes(item)) return [...others, BUT + [...exceptions, item].join(OR)]
  // Left out as a seed: from now on the params are named one by one.
  return leftOut.includes(item) ? [...others, ...fields, item] : [...items, item]
}
