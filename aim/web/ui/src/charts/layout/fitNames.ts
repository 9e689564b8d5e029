// Names that are longer than their room, cut so that they can still be told apart. Pure.

type Measure = (text: string) => number

/** Cut in the middle: names of runs differ at either end. */
export function fitText(text: string, room: number, measure: Measure): string {
  if (measure(text) <= room) return text
  let keep = text.length - 1
  const cut = (n: number) => `${text.slice(0, Math.ceil(n / 2))}…${text.slice(text.length - Math.floor(n / 2))}`
  while (keep > 1 && measure(cut(keep)) > room) keep--
  return cut(keep)
}

/**
 * Names side by side, each cut to its room: in the middle, or where two would read the same, around what differs.
 *
 * @param roomOf What the i-th name may take, in the unit of `measure`.
 */
export function fitNames(names: readonly string[], roomOf: (i: number) => number, measure: Measure): string[] {
  const texts = names.map((name, i) => fitText(name, roomOf(i), measure))
  for (const same of alike(names, texts)) cutApart(names, texts, same, roomOf, measure)
  return texts
}

/** Whether names that differ have texts that differ. */
export function areApart(names: readonly string[], texts: readonly string[]): boolean {
  return alike(names, texts).length === 0
}

/** The names that differ but have one text, by that text. */
function alike(names: readonly string[], texts: readonly string[], of: readonly number[] = range(names)): number[][] {
  const byText = new Map<string, number[]>()
  for (const i of of) {
    const known = byText.get(texts[i]!)
    if (known) known.push(i)
    else byText.set(texts[i]!, [i])
  }
  return [...byText.values()].filter((all) => all.some((i) => names[i] !== names[all[0]!]))
}

const range = (all: readonly unknown[]): number[] => all.map((_, i) => i)

/** Gives names that differ texts with the first letter that differs; those that share it, with the next one. */
function cutApart(
  names: readonly string[],
  texts: string[],
  same: readonly number[],
  roomOf: (i: number) => number,
  measure: Measure,
): void {
  let at = 0
  const first = names[same[0]!]!
  while (same.every((i) => at < names[i]!.length && names[i]![at] === first[at])) at++
  for (const i of same) texts[i] = cutAround(names[i]!, at, roomOf(i), measure)
  for (const rest of alike(names, texts, same))
    if (rest.length < same.length) cutApart(names, texts, rest, roomOf, measure)
}

/** The longest part of a name with the letter at `at`, from its beginning or to its end where those have room. */
function cutAround(name: string, at: number, room: number, measure: Measure): string {
  const part = (from: number, to: number) =>
    `${from > 0 ? '…' : ''}${name.slice(from, to)}${to < name.length ? '…' : ''}`
  const fits = (from: number, to: number) => measure(part(from, to)) <= room
  let from = Math.min(at, name.length - 1)
  let to = from + 1
  if (fits(0, to)) from = 0
  else if (fits(from, name.length)) to = name.length
  for (;;) {
    const isLonger = to < name.length && fits(from, to + 1)
    if (isLonger) to++
    const isEarlier = from > 0 && fits(from - 1, to)
    if (isEarlier) from--
    if (!isLonger && !isEarlier) return part(from, to)
  }
}
