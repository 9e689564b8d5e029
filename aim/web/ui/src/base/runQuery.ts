import { api } from './api/client'

/** A query that finds runs by what people type: part of a name, an id, an experiment. */
export function runQuery(text: string): string {
  const t = JSON.stringify(text.trim())
  return `run.name.contains(${t}) or run.hash.startswith(${t}) or run.experiment.contains(${t})`
}

const RUN_QUERY =
  /^run\.name\.contains\(("(?:[^"\\]|\\.)*")\) or run\.hash\.startswith\(\1\) or run\.experiment\.contains\(\1\)$/

/** The words of a query that is one of `runQuery`; null for any other. */
export function wordsOf(query: string): string | null {
  const found = RUN_QUERY.exec(query)
  return found ? (JSON.parse(found[1]!) as string) : null
}

/** Whether a text is a query, and not words to look for. */
export function isQuery(text: string): boolean {
  return /[=<>()[\]]|\b(in|and|or|not|if)\b|\b(run|metric|context|params)\.\w/.test(text)
}

/** The query that finds runs with these words in their name, tags, params, notes or anywhere else that the server looks. */
export async function findByWords(text: string): Promise<string> {
  try {
    return (await api.words(text)).q || runQuery(text)
  } catch {
    return runQuery(text)
  }
}
