// What can complete a query: names of fields, params, metrics and contexts, and values. Pure.

import type { Names } from '../../base/api/types'
import { formatCount } from '../../base/format'
import { asQuery, queryOf } from '../../base/paramPath'
import type { SearchKind } from '../../base/search'
import type { Asked } from './highlight'

export interface Suggestion {
  /** Where in the query it begins. */
  readonly from: number
  readonly text: string
  readonly hint: string
}

/** Completions at a time. */
const SHOWN = 10
const PREFIX = /^(?:run\.(?:params\.)?|params\.|tf:)/
/** Names that need no quotes, see aim/query/language. */
const PLAIN_NAME = /^(?!(?:.*[^\w])?(?:and|or|not|in|is|if)(?:[^\w]|$))[A-Za-z_]\w*(?:[/.@%-]\w+)*$/

/** What to ask the server for: names as they are logged, without the words of the language before them. */
export function lookup(word: string): string {
  return word.replace(PREFIX, '')
}

const nameOf = (v: string | { name?: string; tag?: string }) => (typeof v === 'string' ? v : (v.name ?? v.tag ?? ''))

export function suggestValues(values: readonly { value: unknown; count: number }[], asked: Asked): Suggestion[] {
  const out = values.slice(0, SHOWN).map(({ value, count }) => ({
    text: typeof value === 'string' ? JSON.stringify(value) : formatLiteral(value),
    hint: count > 0 ? formatCount(count) : '',
    from: asked.from,
  }))
  return out.length === 1 && out[0]!.text.replace(/^"|"$/g, '') === asked.typed ? [] : out
}

function formatLiteral(value: unknown): string {
  return value === true ? 'True' : value === false ? 'False' : String(value)
}

/** A param as a query names it, after what was typed of it: `run.` means a whole path. */
function paramText(path: string, name: string, prefix: string): string {
  if (prefix === '') return queryOf(path, new Map([[path, name]]))
  return asQuery(prefix === 'params.' ? name : path, prefix.slice(0, -1))
}

export function suggest(names: Names, word: string, from: number, kind: SearchKind): Suggestion[] {
  const out: Suggestion[] = []
  const low = word.toLowerCase()
  const bare = lookup(word).toLowerCase()
  const prefix = PREFIX.exec(word)?.[0] ?? ''
  const add = (text: string, hint: string) => {
    if (text !== word && !out.some((o) => o.text === text)) out.push({ text, hint, from })
  }
  if (prefix === 'tf:') {
    if (kind === 'metrics')
      for (const m of names.tf_metrics)
        if (m.name.toLowerCase().includes(bare))
          add(`tf:${PLAIN_NAME.test(m.name) ? m.name : JSON.stringify(m.name)}`, `metric · ${formatCount(m.count)}`)
    return out.slice(0, SHOWN)
  }
  for (const f of names.fields) {
    const n = nameOf(f)
    if (n.toLowerCase().startsWith(low)) add(n, 'field')
  }
  for (const p of names.params)
    if (p.path.toLowerCase().includes(bare))
      add(paramText(p.path, p.name ?? p.path, prefix), `param · ${formatCount(p.count)} runs`)
  if (!prefix && kind === 'metrics')
    for (const m of names.metrics)
      if (m.name.toLowerCase().startsWith(low)) add(m.name, `metric · ${formatCount(m.count)}`)
  if (!prefix) {
    for (const c of names.contexts) {
      if (`context.${c.key}`.startsWith(low)) add(`context.${c.key}`, 'context')
      for (const v of c.values) {
        const t = String(v.value)
        if (t.toLowerCase().startsWith(low))
          add(/^[A-Za-z_]\w*$/.test(t) ? t : JSON.stringify(t), `${c.key} · ${formatCount(v.count)}`)
      }
    }
    for (const e of names.experiments) {
      const n = nameOf(e)
      if (n.toLowerCase().startsWith(low)) add(JSON.stringify(n), 'experiment')
    }
    for (const t of names.tags) {
      const n = nameOf(t)
      if (n.toLowerCase().startsWith(low)) add(JSON.stringify(n), 'tag')
    }
  }
  return out.slice(0, SHOWN)
}
