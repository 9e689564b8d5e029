// Paths of params as the server writes them and as a query names them: `opt.lr`, `e["x.y"]` for a key that holds a dot.

const PART = /(?:^|\.)([^.[\]"]+)|\[("(?:[^"\\]|\\.)*")\]/gy
// oxlint-disable-next-line no-control-regex -- a key may hold any character; these cannot be read without quotes
const NEEDS_BRACKETS = /^$|[.[\]"\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/u
const WORD = /^[A-Za-z_]\w*$/

/** One more key behind a path. */
export function below(path: string, key: string): string {
  if (NEEDS_BRACKETS.test(key)) return `${path}[${JSON.stringify(key)}]`
  return path ? `${path}.${key}` : key
}

export function spellPath(keys: readonly string[]): string {
  return keys.reduce(below, '')
}

/** The keys of a path; of a text that is none, its parts between dots. */
export function readPath(path: string): string[] {
  if (!path.includes('[')) return path.split('.')
  const keys: string[] = []
  PART.lastIndex = 0
  while (PART.lastIndex < path.length) {
    const found = PART.exec(path)
    if (!found) return path.split('.')
    try {
      keys.push(found[1] ?? (JSON.parse(found[2]!) as string))
    } catch {
      return path.split('.')
    }
  }
  return keys
}

/** A path as a query names it behind `run` or `params`: keys that are not words are in brackets. */
export function asQuery(path: string, root = 'run'): string {
  return (
    root +
    readPath(path)
      .map((k) => (WORD.test(k) ? `.${k}` : `[${JSON.stringify(k)}]`))
      .join('')
  )
}
