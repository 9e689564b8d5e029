// What the page shows, as a program for the SDK.

import { axisMetric } from '../../charts/layout/axis'
import { SMOOTHING_LABELS } from '../../charts/data/smooth'
import type { MetricsView } from '../../parts/curves/metricsAddress'

/** The array of a metric that is on an axis; null: the SDK has none. */
const ARRAYS: Readonly<Record<string, string>> = { step: 'steps', epoch: 'epochs', time: 'times' }

/** A Python string: JSON is one but for surrogates, which JSON.stringify writes as escapes that Python takes, too. */
const quoted = (text: string) => JSON.stringify(text)

/**
 * The same points with the SDK: the repo, the query, expressions and the range; a comment says what the page does on top.
 *
 * @param q What the server is asked, selected runs included.
 */
export function asPython(q: string, view: MetricsView, repoPath: string): string {
  const lines = ['import aim', '', `repo = aim.Repo(${quoted(repoPath)})`]
  const sources = [`repo.query_metrics(${quoted(q)})`].concat(
    view.exprs.map((e) => `repo.query_metrics(${quoted(q)}, expr=${quoted(e)})`),
  )
  const x = ARRAYS[view.x]
  const print = (keep: string) =>
    `    print(metric.run.name, metric.name, dict(metric.context), metric.${x ?? 'steps'}${keep}, metric.values${keep})`
  for (const source of sources) {
    lines.push(`for metric in ${source}:`)
    if (view.range && x !== undefined) {
      const [lo, hi] = view.range
      lines.push(`    shown = (metric.${x} >= ${lo}) & (metric.${x} <= ${hi})`, print('[shown]'))
    } else lines.push(print(''))
  }
  const more = notInPython(view, x !== undefined)
  if (more.length > 0) lines.push('', `# The page also has: ${more.join('; ')}.`)
  return `${lines.join('\n')}\n`
}

function notInPython(view: MetricsView, hasAxis: boolean): string[] {
  const { smoothing, aggregate, range } = view
  const oneLine = (text: string) => text.replace(/\s+/g, ' ')
  return [
    hasAxis ? '' : `the x axis ${axisMetric(view.x) || view.x.replace('_', ' ')}`,
    hasAxis || !range ? '' : `the range ${range[0]} to ${range[1]}`,
    smoothing ? `smoothing ${smoothing.amount} ${SMOOTHING_LABELS[smoothing.kind]}` : '',
    view.colour && view.colour !== 'run' ? `colours by ${view.colour}` : '',
    view.dash ? `dashes by ${view.dash}` : '',
    view.facets ? `charts by ${view.facets.join(', ') || 'nothing'}` : '',
    aggregate ? `the ${aggregate.line} of each group` : '',
    view.show ? `charts named ${view.show}` : '',
  ]
    .filter(Boolean)
    .map(oneLine)
}
