import { jsonText } from '../../base/api/json'
import type { RunDetail } from '../../base/api/types'
import { digitsFor } from '../../base/format'
import { useInfo, useThrottledValue } from '../../base/queries'
import { contextText } from '../../parts/fields/columns'
import { ranked, useSparks } from '../../parts/facts/runHeadline'
import { Sparkline } from '../../widgets/basics'
import { Num } from '../../widgets/values'
import css from './columns/columns.module.css'

const SHOWN = 4
const SPARK_MS = 5000

/** The headline metrics of a run, each with its curve and its last value. */
export function PanelCurves({ run }: { run: RunDetail }) {
  const info = useInfo()
  const headline = info.data?.experiments.find((e) => e.name === run.experiment)?.headline ?? null
  const rows = ranked(run.sequences, headline).slice(0, SHOWN)
  const step = useThrottledValue(
    rows.reduce((most, s) => Math.max(most, Number(s.last_step)), 0),
    SPARK_MS,
  )
  const sparks = useSparks(rows, step)
  if (rows.length === 0) return null
  return (
    <ul className={css.curves} aria-label="Headline metrics">
      {rows.map((s) => (
        <li key={`${s.name} ${jsonText(s.context)}`}>
          <span className="ellipsis">
            {s.name} <span className="muted">{contextText(s.context)}</span>
          </span>
          <Sparkline values={sparks.get(s.id ?? '') ?? []} width={120} height={20} />
          <b>
            <Num value={s.last} column digits={digitsFor([s.last, s.min, s.max])} />
          </b>
        </li>
      ))}
    </ul>
  )
}
