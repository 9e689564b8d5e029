// What a hint of the server proposes, as a query to run. Pure.

export interface Fix {
  readonly name: string
  readonly query: string
}

const MEANT = /^no (?:run has (\S+?)|[\w. ]+? (?:'(.+?)'|"(.+?)"))[;,].*?did you mean (.+?)\?/

/** The query with a name that does not exist replaced by each of those that the hint proposes. */
export function fixesOf(query: string, hint: string): Fix[] {
  const found = MEANT.exec(hint)
  if (!found) return []
  const wrong = found[1] ?? found[2] ?? found[3]!
  const place = placeOf(query, wrong) ?? placeOf(query, wrong.replace(/^params\./, ''))
  if (!place) return []
  return found[4]!.split(' or ').map((name) => ({
    name,
    query: query.slice(0, place.from) + name + query.slice(place.to),
  }))
}

/** Where a name stands as a whole word, not as a part of a longer one. */
function placeOf(query: string, name: string): { from: number; to: number } | null {
  for (let from = query.indexOf(name); from >= 0; from = query.indexOf(name, from + 1)) {
    const to = from + name.length
    if (!/[\w.]/.test(query[from - 1] ?? ' ') && !/[\w.]/.test(query[to] ?? ' ')) return { from, to }
  }
  return null
}
