// The columns that a runs table can have, as a tree by the dots of their names. Pure.

import type { ColumnsResult } from '../../../base/api/types'
import { formatCount, plural } from '../../../base/format'
import { readPath } from '../../../base/paramPath'
import { ALL_FIELDS, expressionOf } from '../../../parts/fields/columnLayout'
import { columnTitle, contextText } from '../../../parts/fields/columns'

export interface Leaf {
  readonly id: string
  readonly label: string
  /** What a search is matched against. */
  readonly full: string
  readonly hint: string
}

export interface Branch {
  readonly path: string
  readonly label: string
  readonly branches: Map<string, Branch>
  readonly leaves: Leaf[]
}

const SUMMARIES = ['last', 'min', 'max'] as const

/**
 * @param needle What is searched for; empty: every column.
 * @param onlyDiffering Leaves out the fields, and params with one value.
 * @param chosen The columns there are: expressions are known by them alone.
 */
export function columnTree(
  data: ColumnsResult | undefined,
  needle: string,
  onlyDiffering: boolean,
  chosen: readonly string[] = [],
): Branch {
  const root = branch('', '')
  const low = needle.trim().toLowerCase()
  const add = (keys: readonly string[], leaf: Leaf) => {
    if (leaf.full.toLowerCase().includes(low)) branchAt(root, keys).leaves.push(leaf)
  }
  for (const id of chosen) {
    const text = expressionOf(id)
    if (text !== null) add(['Expressions'], { id, label: text, full: text, hint: '' })
  }
  if (!onlyDiffering)
    for (const id of ALL_FIELDS) add(['Run'], { id, label: columnTitle(id), full: columnTitle(id), hint: '' })
  for (const p of data?.params ?? []) {
    if (onlyDiffering && p.distinct <= 1) continue
    const keys = readPath(p.path)
    const hint = p.distinct >= 100 ? '100+ values' : plural(p.distinct, 'value')
    add(['Params', ...keys.slice(0, -1)], { id: p.path, label: keys[keys.length - 1]!, full: p.path, hint })
  }
  for (const m of data?.metrics ?? []) {
    const context = contextText(m.context)
    const keys = ['Metrics', `${m.name}${context ? ` · ${context}` : ''}`]
    const hint = `${formatCount(m.count)} ${m.count === 1 ? 'run' : 'runs'}`
    const of = (what: string, label: string) =>
      add(keys, { id: `metric:${m.name}|${m.context}|${what}`, label, full: `${m.name} ${context} ${label}`, hint })
    for (const what of SUMMARIES) of(what, what)
    if (m.goal === 'min') of('best:min', 'best (lowest)')
    else if (m.goal === 'max') of('best:max', 'best (highest)')
  }
  return root
}

export function leavesOf(b: Branch): Leaf[] {
  return [...[...b.branches.values()].flatMap(leavesOf), ...b.leaves]
}

function branch(path: string, label: string): Branch {
  return { path, label, branches: new Map(), leaves: [] }
}

function branchAt(root: Branch, keys: readonly string[]): Branch {
  let here = root
  for (const key of keys) {
    let next = here.branches.get(key)
    if (!next) here.branches.set(key, (next = branch(here.path ? `${here.path}.${key}` : key, key)))
    here = next
  }
  return here
}
