import { useCallback } from 'react'
import type { MetricSequence } from '../../base/api/types'
import { currentPlace } from '../../base/route'
import type { SeriesCache } from '../../charts/data/seriesCache'
import type { Arrangement } from '../../parts/curves/chartOrder'
import { ChartsPane } from '../../parts/curves/pane/ChartsPane'
import { parseMetrics, type MetricsView } from '../../parts/curves/metricsAddress'
import type { Model } from '../../parts/curves/metricsModel'
import type { ChangeView } from '../../parts/curves/usePane'
import { Button, Empty } from '../../widgets/basics'
import { late } from '../../widgets/late'
import css from '../../widgets/pages.module.css'
import type { MetricsSearch } from './metricsSearch'
import { SequenceTable } from './SequenceTable'
import { StatusLine } from './StatusLine'
import type { TablePane } from './tablePane'

/** Not a part of the first load: there are no groups until one asks for them. */
const GroupTable = late(() => import('./GroupTable').then((m) => m.GroupTable))

interface Props {
  readonly found: MetricsSearch
  readonly model: Model
  /** The same, put together in slices: the charts come first. */
  readonly tableModel: Model
  readonly view: MetricsView
  readonly change: ChangeView
  readonly arrangement: Arrangement
  readonly hiddenLines: ReadonlySet<string>
  readonly onHide: (line: MetricSequence) => void
  readonly cache: SeriesCache
  readonly pane: TablePane
}

/** The charts, and below them the table of their lines. */
export function MetricsBody(p: Props) {
  const { model, tableModel, view, change, hiddenLines, cache, pane } = p
  const onPin = useCallback(
    (run: string) => change({ focus: parseMetrics(currentPlace().search).view.focus === run ? null : run }),
    [change],
  )
  return (
    <div className={css.body} data-body="">
      <div className={css.charts}>
        {model.charts.length === 0 ? (
          <Empty title={view.show ? `No chart matches ${view.show}` : 'None of the picked metrics is here'}>
            <Button onClick={() => change({ show: '', picked: [] })}>Show all</Button>
          </Empty>
        ) : (
          <ChartsPane
            arrangement={p.arrangement}
            model={model}
            view={view}
            change={change}
            hiddenLines={hiddenLines}
            cache={cache}
          />
        )}
      </div>
      <StatusLine {...{ found: p.found, view, change, model, hiddenLines }} />
      <div
        className={css.handle}
        role="separator"
        aria-orientation="horizontal"
        aria-label="Height of the table"
        aria-valuenow={Math.round(pane.share * 100)}
        tabIndex={0}
        {...pane.handle}
      />
      {pane.share > 0 && (
        <div className={css.tablePane} style={{ height: `${pane.share * 100}%` }}>
          {view.aggregate ? (
            <GroupTable model={tableModel} {...{ view, change, hiddenLines, cache, onPin }} onHide={p.onHide} />
          ) : (
            <SequenceTable
              model={tableModel}
              runs={p.found.runs}
              {...{ view, change, hiddenLines, cache, onPin }}
              onHide={p.onHide}
            />
          )}
        </div>
      )}
    </div>
  )
}
