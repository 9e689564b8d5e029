// Names of lines side by side: what differs. Pure.

import type { ChartSpec, Drawn } from './model'

/**
 * Names without the words that all of them begin or end with: `adamw` and `sgd` of `vit-adamw-s0` and `vit-sgd-s0`. A few
 * that are built otherwise, as `baseline`, stay whole and keep no others from it.
 */
export function shortNames(names: readonly string[]): string[] {
  const all = [...new Set(names)]
  if (all.length < 2) return [...names]
  const cut = commonEnds(all)
  if (cut.head + cut.tail > 0) return names.map((name) => cutOff(name, cut))
  const alike = new Set(builtAlike(all))
  const ends = alike.size > 1 && alike.size < all.length ? commonEnds([...alike]) : NOTHING
  if (ends.head + ends.tail === 0) return [...names]
  const short = new Map(all.map((name) => [name, alike.has(name) ? cutOff(name, ends) : name]))
  return new Set(short.values()).size < all.length ? [...names] : names.map((name) => short.get(name)!)
}

interface Ends {
  /** How many letters go. */
  readonly head: number
  readonly tail: number
}

const NOTHING: Ends = { head: 0, tail: 0 }

function cutOff(name: string, { head, tail }: Ends): string {
  return name.slice(head, name.length - tail) || name
}

/** The words that all names begin and end with. */
function commonEnds(all: readonly string[]): Ends {
  const first = all[0]!
  let head = first.length
  let tail = first.length
  for (const name of all) {
    let i = 0
    while (i < head && name.charCodeAt(i) === first.charCodeAt(i)) i++
    head = i
    let k = 0
    while (k < tail && name.charCodeAt(name.length - 1 - k) === first.charCodeAt(first.length - 1 - k)) k++
    tail = k
  }
  head = wordEnd(first, head)
  tail = first.length - wordStart(first, first.length - tail)
  // Where nothing would be left between them, the beginning goes.
  if (all.some((name) => name.length <= head + tail)) tail = 0
  return { head, tail }
}

/** Of names, how many must be built alike so that the others are the odd ones. */
const MOST = 2 / 3
/** More names than this are not looked at word by word. */
const FEW = 200

/** The names with as many words as most of them have; none where no number of words is that frequent. */
function builtAlike(all: readonly string[]): readonly string[] {
  if (all.length > FEW) return []
  const byWords = new Map<number, string[]>()
  for (const name of all) {
    let words = 1
    for (let i = 0; i < name.length; i++) if (isBreak(name, i)) words++
    const known = byWords.get(words)
    if (known) known.push(name)
    else byWords.set(words, [name])
  }
  return [...byWords.values()].find((of) => of.length >= MOST * all.length) ?? []
}

/** What each line of a chart is called in short: its group where colours tell lines apart, else its run, and its metric where that has several. */
export function lineNames({ groups }: Pick<ChartSpec, 'groups'>, drawn: readonly Drawn[]): string[] {
  // A group of one line is that line; the lines of larger groups have the names of their runs.
  const byGroup = new Set(drawn.map((d) => d.line.group)).size === drawn.length
  const full = drawn.map((d) => (byGroup ? groups[d.line.group]!.label : d.line.label))
  const names = shortNames(full)
  const times = new Map<string, number>()
  for (const name of full) times.set(name, (times.get(name) ?? 0) + 1)
  if (times.size === drawn.length) return names
  const metrics = shortNames(drawn.map(({ line, series }) => metricText(line.metric, series.context)))
  const both = names.map((name, i) =>
    times.get(full[i]!) === 1 ? name : times.size === 1 ? metrics[i]! : `${name} ${metrics[i]!}`,
  )
  // Two runs may have one name.
  const lines = new Map<string, number>()
  for (const name of both) lines.set(name, (lines.get(name) ?? 0) + 1)
  return both.map((name, i) =>
    lines.get(name) === 1 ? name : `${names[i]!} ${drawn[i]!.line.run.slice(0, HASH_LETTERS)}`,
  )
}

const HASH_LETTERS = 4

function metricText(name: string, context: Readonly<Record<string, unknown>>): string {
  return [name, ...Object.entries(context).map(([key, value]) => `${key}=${String(value)}`)].join(' ')
}

/** Not the minus of `1e-05`, nor the point of a number: what is left would be read wrongly. */
const isBreak = (text: string, at: number): boolean =>
  /[\s/_=:·,]/.test(text[at] ?? '') || (text[at] === '-' && !/\de$/i.test(text.slice(Math.max(0, at - 2), at)))

/** The last place at or before `at` that a word begins at. */
function wordEnd(text: string, at: number): number {
  while (at > 0 && !isBreak(text, at - 1)) at--
  return at
}

/** The first place at or after `at` that a word has ended at. */
function wordStart(text: string, at: number): number {
  while (at < text.length && !isBreak(text, at)) at++
  return at
}
