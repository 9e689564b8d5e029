// The metrics that can be picked, as a tree: what names begin with, names, contexts. Pure.

import type { MetricSequence } from '../../../base/api/types'
import { compareTexts } from '../../../base/order'
import { contextText } from '../../fields/columns'
import { chartKeyOf } from '../grouping'
import { prefixOf } from '../pane/sections'

export interface Leaf {
  /** Name and context. */
  readonly key: string
  readonly context: string
  /** How many sequences. */
  readonly n: number
}

export interface MetricNode {
  readonly name: string
  readonly leaves: readonly Leaf[]
}

export interface Branch {
  /** Empty: metrics whose names have no `/`. */
  readonly prefix: string
  readonly metrics: readonly MetricNode[]
}

/** @param names Metrics in the order in which charts are shown; the others by name. */
export function metricTree(sequences: Iterable<MetricSequence>, names: readonly string[]): Branch[] {
  const counts = new Map<string, Map<string, { context: string; n: number }>>()
  for (const s of sequences) {
    let leaves = counts.get(s.name)
    if (!leaves) counts.set(s.name, (leaves = new Map()))
    const key = chartKeyOf(s)
    const leaf = leaves.get(key)
    if (leaf) leaf.n++
    else leaves.set(key, { context: contextText(s.context), n: 1 })
  }
  const place = new Map(names.map((name, i) => [name, i]))
  const rank = (name: string) => place.get(name) ?? names.length
  const branches = new Map<string, MetricNode[]>()
  for (const name of [...counts.keys()].sort((a, b) => rank(a) - rank(b) || compareTexts(a, b))) {
    const leaves = [...counts.get(name)!].map(([key, leaf]) => ({ key, ...leaf }))
    const node = { name, leaves: leaves.sort((a, b) => compareTexts(a.context, b.context)) }
    const branch = branches.get(prefixOf(name))
    if (branch) branch.push(node)
    else branches.set(prefixOf(name), [node])
  }
  return [...branches].map(([prefix, metrics]) => ({ prefix, metrics }))
}

/** Whether a list of the address picks the sequences of one name and context. */
export function picker(picked: readonly string[]): (name: string, key: string) => boolean {
  if (picked.length === 0) return () => true
  const exact = new Set(picked)
  const prefixes = picked.filter((p) => p.endsWith('/'))
  return (name, key) => exact.has(name) || exact.has(key) || prefixes.some((p) => name.startsWith(p))
}

export function leavesOf(branch: Branch): Leaf[] {
  return branch.metrics.flatMap((m) => m.leaves)
}

/** The leaves that are picked one by one; none while nothing is picked and all are shown. */
export function pickedLeaves(tree: readonly Branch[], picked: readonly string[]): Set<string> {
  if (picked.length === 0) return new Set()
  const isPicked = picker(picked)
  return new Set(
    tree.flatMap((b) => b.metrics.flatMap((m) => m.leaves.filter((l) => isPicked(m.name, l.key)).map((l) => l.key))),
  )
}

/** The list after a click on the box of some leaves: they are added, or left out where all of them were picked. */
export function toggled(tree: readonly Branch[], picked: readonly string[], leaves: readonly Leaf[]): string[] {
  const chosen = pickedLeaves(tree, picked)
  const isOn = leaves.every((l) => chosen.has(l.key))
  for (const { key } of leaves) {
    if (isOn) chosen.delete(key)
    else chosen.add(key)
  }
  return [...shortest(tree, chosen), ...unknown(tree, picked)]
}

/** The shortest list that picks these leaves; empty where they are all. */
function shortest(tree: readonly Branch[], chosen: ReadonlySet<string>): string[] {
  const out: string[] = []
  let isAll = true
  for (const branch of tree) {
    const inBranch = leavesOf(branch)
    const n = inBranch.filter((l) => chosen.has(l.key)).length
    isAll &&= n === inBranch.length
    if (branch.prefix && branch.metrics.length > 1 && n === inBranch.length) out.push(`${branch.prefix}/`)
    else
      for (const { name, leaves } of branch.metrics) {
        const own = leaves.filter((l) => chosen.has(l.key))
        out.push(...(own.length === leaves.length ? [name] : own.map((l) => l.key)))
      }
  }
  return isAll ? [] : out
}

/** What the list names and these runs do not have: another search may find it. */
function unknown(tree: readonly Branch[], picked: readonly string[]): string[] {
  return picked.filter((p) => pickedLeaves(tree, [p]).size === 0)
}
