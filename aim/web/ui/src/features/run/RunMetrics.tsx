// The charts of one run: all contexts of a name on one chart.

import { useCallback, useMemo, useState } from 'react'
import { jsonText } from '../../base/api/json'
import type { MetricRun, MetricSequence, RunDetail } from '../../base/api/types'
import { useInfo, useMetrics } from '../../base/queries'
import { QueryChips } from '../../parts/query/QueryChips'
import { currentPlace, navigate, usePlace } from '../../base/route'
import shell from '../../widgets/shell.module.css'
import { formatMetrics, METRICS_DEFAULT, parseMetrics, type MetricsView } from '../../parts/curves/metricsAddress'
import { Button, Code, Empty } from '../../widgets/basics'
import { AttemptsNote } from '../../parts/curves/AttemptsNote'
import { SeriesCache } from '../../charts/data/seriesCache'
import { useArrangement } from '../../parts/curves/chartOrder'
import { ChartsPane } from '../../parts/curves/pane/ChartsPane'
import { useModel } from '../../parts/curves/useModel'
import type { ChangeView } from '../../parts/curves/usePane'
import { ExpressionChips } from '../../parts/curves/expressions/ExpressionChips'
import { MetricChips } from '../../parts/curves/MetricChips'
import { MetricPicker } from '../../parts/curves/picker/MetricPicker'
import { pickCharts } from '../../parts/curves/picker/pick'
import { present } from '../../parts/curves/missing'
import { changedView } from '../../parts/curves/shown/hidden'
import { useHiddenLines } from '../../parts/curves/shown/useHidden'
import css from '../../widgets/pages.module.css'
import { ranked, sequenceId } from '../../parts/facts/runHeadline'

const MOST_COMPUTED = 1000

const RUN_VIEW: MetricsView = { ...METRICS_DEFAULT, colour: 'context', facets: ['metric.name'] }

/** The view of the address, with what is the default here. */
function runView(search: string): MetricsView {
  const parsed = parseMetrics(search).view
  return {
    ...parsed,
    colour: new URLSearchParams(search).has('c') ? parsed.colour : RUN_VIEW.colour,
    facets: parsed.facets ?? RUN_VIEW.facets,
  }
}

/** The address of a view: the defaults here are not those of the Metrics page. */
function addressOf(hash: string, view: MetricsView): string {
  const plain = {
    ...view,
    colour: view.colour === RUN_VIEW.colour ? METRICS_DEFAULT.colour : view.colour,
    facets: JSON.stringify(view.facets) === JSON.stringify(RUN_VIEW.facets) ? null : view.facets,
  }
  return `/runs/${hash}${formatMetrics(plain, [['tab', 'metrics']])}`
}

/** The run's sequences as a search would find them. */
function useFound(run: RunDetail): { sequences: MetricSequence[]; runs: Record<string, MetricRun> } {
  const shape = jsonText(run.sequences.map((s, i) => [sequenceId(run, s, i), s.name, s.context]))
  const sequences = useMemo<MetricSequence[]>(
    () =>
      run.sequences.map((s, i) => ({
        id: sequenceId(run, s, i),
        run: run.hash,
        name: s.name,
        context: s.context,
        count: s.count,
        first_step: s.first_step,
        last_step: s.last_step,
        last: s.last,
        min: s.min,
        max: s.max,
        nan_count: 0,
        hidden_points: s.hidden_points,
      })),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- summaries change with every live point; charts need only know which sequences there are
    [shape],
  )
  const runs = useMemo<Record<string, MetricRun>>(
    () => ({
      [run.hash]: {
        ...(run.slot === undefined ? {} : { slot: run.slot }),
        name: run.name,
        experiment: run.experiment,
        status: run.status,
        created_at: run.created_at,
        tags: run.tags,
        params: run.params,
      },
    }),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- as above: `run` is a new object with every live point
    [run.hash, run.name, run.status],
  )
  return { sequences, runs }
}

const NOTHING: readonly MetricSequence[] = []

/** The expressions of the view, in this run. */
function useComputed(hash: string, exprs: readonly string[]) {
  const q = `run.hash == ${JSON.stringify(hash)}`
  const { data } = useMetrics(q, MOST_COMPUTED, exprs.length > 0, exprs)
  const sequences = useMemo(
    () => (exprs.length > 0 ? (data?.sequences.filter((s) => s.common) ?? NOTHING) : NOTHING),
    [data, exprs],
  )
  return { q, sequences, expressions: data?.expressions ?? null }
}

/** The run's metrics, those first that say most. */
function useNames(run: RunDetail): readonly string[] {
  const info = useInfo()
  const headline = info.data?.experiments.find((e) => e.name === run.experiment)?.headline ?? null
  const text = jsonText([...new Set(ranked(run.sequences, headline).map((s) => s.name))])
  return useMemo(() => JSON.parse(text) as string[], [text])
}

export function RunMetrics({ run }: { run: RunDetail }) {
  const { search } = usePlace()
  const wanted = useMemo(() => runView(search), [search])
  const change = useCallback<ChangeView>(
    (patch, mode = 'push') => navigate(addressOf(run.hash, changedView(runView(currentPlace().search), patch)), mode),
    [run.hash],
  )
  const { sequences: logged, runs } = useFound(run)
  const computed = useComputed(run.hash, wanted.exprs)
  const sequences = useMemo(() => [...logged, ...computed.sequences], [logged, computed.sequences])
  const { view, missing } = useMemo(
    () => (sequences.length > 0 ? present(wanted, sequences, runs) : { view: wanted, missing: [] }),
    [wanted, sequences, runs],
  )
  const all = useModel(sequences, runs, view)
  const arrangement = useArrangement(wanted, change)
  const [hiddenLines] = useHiddenLines(sequences, view, change)
  const [cache] = useState(() => new SeriesCache())
  const { pins, togglePin } = arrangement
  const names = useNames(run)
  const model = useMemo(() => pickCharts(all, view, arrangement, names), [all, view, arrangement, names])
  if (sequences.length === 0) {
    return (
      <Empty title="Nothing tracked yet">
        <p>Charts of this run's metrics appear here.</p>
        <Code>{'aim.track(loss, name="loss", step=step, subset="train")'}</Code>
      </Empty>
    )
  }
  return (
    <>
      <div className={shell.query}>
        <QueryChips>
          <MetricPicker model={all} view={view} change={change} names={names} pins={pins} onPin={togglePin} />
          <ExpressionChips q={computed.q} view={view} change={change} found={computed.expressions} />
          <MetricChips view={view} change={change} sequences={sequences} runs={runs} groups={model.groups} single />
        </QueryChips>
      </div>
      <AttemptsNote hidden={run.hidden_points} view={view} change={change} />
      {missing.length > 0 && (
        <div className={css.notice} role="note">
          <b>In the address, but not in this run:</b> {missing.join(', ')}
        </div>
      )}
      <div className={css.charts}>
        {model.charts.length === 0 ? (
          <Empty title={view.show ? `No metric named like “${view.show}”` : 'None of the picked metrics is here'}>
            <Button onClick={() => change({ show: '', picked: [] })}>Show all</Button>
          </Empty>
        ) : (
          <ChartsPane
            arrangement={arrangement}
            model={model}
            view={view}
            change={change}
            hiddenLines={hiddenLines}
            cache={cache}
          />
        )}
      </div>
    </>
  )
}
