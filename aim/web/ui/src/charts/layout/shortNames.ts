// Names of lines side by side: what differs. Pure.

/** Names without the words that all of them begin or end with: `adamw` and `sgd` of `vit-adamw-s0` and `vit-sgd-s0`. */
export function shortNames(names: readonly string[]): string[] {
  const all = [...new Set(names)]
  if (all.length < 2) return [...names]
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
  return names.map((name) => name.slice(head, name.length - tail) || name)
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
