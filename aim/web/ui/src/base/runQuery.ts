/** A query that finds runs by what people type: part of a name, an id, an experiment. */
export function runQuery(text: string): string {
  const t = JSON.stringify(text.trim())
  return `run.name.contains(${t}) or run.hash.startswith(${t}) or run.experiment.contains(${t})`
}
