// Texts of expressions on metrics: completions, what to say of common steps. Pure.

import type { MetricSequence, Names } from '../../../base/api/types'
import { formatCount, plural } from '../../../base/format'
import type { Suggestion } from '../../query/suggestions'

const SHOWN = 10

/** Functions with what they take, as docs/aimql.md has them. */
export const FUNCTIONS: readonly (readonly [string, string])[] = [
  ['ema', 'metric, steps'],
  ['mean', 'metric, width in steps'],
  ['diff', 'from the point before'],
  ['cumsum', 'sum so far'],
  ['log', 'of each value'],
  ['log10', 'of each value'],
  ['exp', 'of each value'],
  ['sqrt', 'of each value'],
  ['abs', 'of each value'],
  ['min', 'of several, or of all points'],
  ['max', 'of several, or of all points'],
  ['clip', 'metric, low, high'],
  ['first', 'one number'],
  ['last', 'one number'],
  ['median', 'one number'],
  ['count', 'one number'],
  ['at', 'metric, step'],
]

const PLAIN = /^[A-Za-z_]\w*$/

/** A metric's name as an expression has it. */
export const spelled = (name: string): string => (PLAIN.test(name) ? name : JSON.stringify(name))

/** What is typed before the caret: also what a quote began, and a `/` that may be part of a name. */
export function typedBefore(text: string, caret: number): { readonly word: string; readonly from: number } {
  const m = /(?:"[^"\n]*|[A-Za-z_][\w.]*)$/.exec(text.slice(0, caret))
  const word = m ? m[0] : ''
  return { word, from: caret - word.length }
}

/** How much of `name` stands before the caret: `train/lo` of `train/loss`. */
function overlap(name: string, before: string): number {
  const low = name.toLowerCase()
  for (let n = Math.min(name.length, before.length); n > 0; n--) {
    if (!before.endsWith(low.slice(0, n))) continue
    if (n === before.length || !/\w/.test(before[before.length - n - 1]!)) return n
  }
  return 0
}

/** What can complete an expression at the caret: metrics, values of their contexts, params, functions. */
export function suggestExpression(names: Names, text: string, caret: number): Suggestion[] {
  const { word, from } = typedBefore(text, caret)
  const bare = word.replace(/^"/, '').toLowerCase()
  if (bare === '') return []
  const out: Suggestion[] = []
  const add = (s: Suggestion) => {
    const typed = text.slice(s.from, caret)
    if (s.text !== typed && !out.some((o) => o.text === s.text)) out.push(s)
  }
  const before = text.slice(0, caret).toLowerCase()
  const dot = bare.indexOf('.')
  const isQuoted = word.startsWith('"')
  const held = new Map(names.metrics.map((m) => [m.name, overlap(m.name, before)]))
  for (const m of [...names.metrics].sort((a, b) => held.get(b.name)! - held.get(a.name)!)) {
    if (isQuoted && !m.name.toLowerCase().startsWith(bare)) continue
    const hint = `metric · ${formatCount(m.count)}`
    if (held.get(m.name)! > 0 || m.name.toLowerCase().includes(bare)) {
      add({ from: Math.min(from, caret - held.get(m.name)!), text: spelled(m.name), hint })
    }
    if (dot > 0 && m.name.toLowerCase() === bare.slice(0, dot))
      for (const c of names.contexts)
        for (const v of c.values) {
          const value = String(v.value)
          if (value.toLowerCase().startsWith(bare.slice(dot + 1)))
            add({
              from,
              text: `${m.name}${PLAIN.test(value) ? `.${value}` : `[${JSON.stringify(value)}]`}`,
              hint: c.key,
            })
        }
  }
  for (const [name, takes] of FUNCTIONS) if (name.startsWith(bare)) add({ from, text: `${name}(`, hint: takes })
  const ofParam = bare.replace(/^params\./, '')
  for (const p of names.params)
    if (ofParam && p.path.toLowerCase().includes(ofParam))
      add({ from, text: `params.${p.path}`, hint: `param · ${formatCount(p.count)} runs` })
  return out.slice(0, SHOWN)
}

/** What to ask the server for to complete this. */
export function lookupOf(text: string, caret: number): string {
  const { word } = typedBefore(text, caret)
  const bare = word.replace(/^"/, '')
  return bare.replace(/^params\./, '').replace(/\..*$/, '')
}

/** Which steps the lines of a chart have values at; empty where they are no expressions. */
export function commonNote(lines: readonly MetricSequence[]): string {
  const texts = new Set<string>()
  let none = 0
  let least = Infinity
  let most = 0
  for (const s of lines) {
    if (!s.common) return ''
    texts.add(s.common)
    if (s.count === 0) none++
    least = Math.min(least, s.count)
    most = Math.max(most, s.count)
  }
  if (texts.size === 1) return [...texts][0]!
  if (texts.size === 0) return ''
  const kind = [...texts].some((t) => t.includes('common')) ? 'common step' : 'step'
  const range = least === most ? plural(most, kind) : `${formatCount(least)} to ${formatCount(most)} ${kind}s`
  return none > 0 ? `${formatCount(none)} of ${plural(lines.length, 'line')} without a common step` : range
}
