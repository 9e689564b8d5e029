import { jsonText } from '../../base/api/json'
import type { RunDetail, SequenceSummary } from '../../base/api/types'
import { digitsFor } from '../../base/format'
import { useInfo, useThrottledValue } from '../../base/queries'
import { useRunSlot } from '../../base/runColours'
import { contextText } from '../../parts/fields/columns'
import { Link, Sparkline } from '../../widgets/basics'
import css from '../../widgets/pages.module.css'
import { Many, Num } from '../../widgets/values'
import { Panel } from './Panel'
import { ranked, useSparks } from '../../parts/facts/runHeadline'

/** Sequences in the table; the others are a click away. */
const SHOWN = 30
const SPARK_MS = 5000

/** Last, lowest and highest values of the sequences, the headline metric first. */
export function MetricsPanel({ run }: { run: RunDetail }) {
  const info = useInfo()
  const headline = info.data?.experiments.find((e) => e.name === run.experiment)?.headline ?? null
  const all = ranked(run.sequences, headline)
  const rows = all.slice(0, SHOWN)
  const step = useThrottledValue(
    run.sequences.reduce((most, s) => Math.max(most, Number(s.last_step)), 0),
    SPARK_MS,
  )
  const sparks = useSparks(rows, step)
  const slotOf = useRunSlot()
  return (
    <Panel title="Metrics" aside={<Link to={`/runs/${run.hash}?tab=metrics`}>Charts</Link>}>
      {rows.length === 0 ? (
        <div className={css.panelBody}>
          <p className="muted">
            Nothing tracked yet. <code>aim.track(value, name="loss")</code>
          </p>
        </div>
      ) : (
        <div style={{ overflowX: 'auto' }} tabIndex={0} role="group" aria-label="Metrics">
          <MetricsTable rows={rows} sparks={sparks} slot={slotOf(run)} />
          {all.length > rows.length && (
            <div className={css.panelBody}>
              <Link to={`/runs/${run.hash}?tab=metrics`}>
                All <Many n={all.length} /> metrics
              </Link>
            </div>
          )}
        </div>
      )}
    </Panel>
  )
}

interface TableProps {
  readonly rows: readonly SequenceSummary[]
  /** By id of the sequence. */
  readonly sparks: ReturnType<typeof useSparks>
  /** Of the run's colour. */
  readonly slot: number
}

function MetricsTable({ rows, sparks, slot }: TableProps) {
  return (
    <table className={css.table}>
      <thead>
        <tr>
          <th>Metric</th>
          <th className={css.sparkHead}>
            <span className="sr">Curve</span>
          </th>
          <th className={css.r}>Last</th>
          <th className={css.r}>Lowest</th>
          <th className={css.r}>Highest</th>
          <th className={css.r}>Last step</th>
          <th className={css.r}>Points</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((s) => {
          const context = contextText(s.context)
          const digits = digitsFor([s.last, s.min, s.max])
          return (
            <tr key={`${s.name} ${jsonText(s.context)}`}>
              <td className={css.metricName} title={`${s.name} ${context}`.trim()}>
                <span className="ellipsis">
                  {s.name} <span className="muted">{context}</span>
                </span>
              </td>
              <td>
                <Sparkline values={sparks.get(s.id ?? '') ?? []} width={88} height={20} slot={slot} />
              </td>
              <td className={css.r}>
                <b>
                  <Num value={s.last} column digits={digits} />
                </b>
              </td>
              <td className={css.r}>
                <Num value={s.min} column digits={digits} />
              </td>
              <td className={css.r}>
                <Num value={s.max} column digits={digits} />
              </td>
              <td className={css.r}>
                <Many n={s.last_step} />
              </td>
              <td className={css.r}>
                <Many n={s.count} />
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
