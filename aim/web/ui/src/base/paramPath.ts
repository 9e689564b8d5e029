// Paths of params as the server writes them and as a query names them: `opt.lr`, `e["x.y"]` for a key that holds a dot.

import { RUN_FIELDS } from './api/runFields.generated'

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

/** By path, the shortest name of each param, see aim.schema.paths.short_names. */
export type ParamNames = ReadonlyMap<string, string>

/** The names of params that are all there are: without its set (`hparams.lr` is `lr`) where nothing else has that name. */
export function shortNames(paths: readonly string[]): ParamNames {
  const every = paths.map((path) => readPath(path))
  const meant = new Map<string, number>()
  const count = (dotted: string) => meant.set(dotted, (meant.get(dotted) ?? 0) + 1)
  for (const keys of every) {
    count(keys.join('.'))
    if (keys.length > 1) count(keys.slice(1).join('.'))
  }
  return new Map(
    every.map((keys, i) => {
      const tail = keys.slice(1).join('.')
      return [paths[i]!, tail && meant.get(tail) === 1 && !FIELDS.has(tail) ? spellPath(keys.slice(1)) : paths[i]!]
    }),
  )
}

const FIELDS = new Set<string>(RUN_FIELDS.map((f) => f.name))

/** The shortest text by which a query finds a param: `params.lr`, or the whole path where its name is not enough. */
export function queryOf(path: string, names?: ParamNames): string {
  const name = names?.get(path) ?? path
  return name === path ? asQuery(path) : asQuery(name, 'params')
}
