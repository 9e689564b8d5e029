import { X } from 'lucide-react'
import type { MetricRun } from '../../base/api/types'
import { plural } from '../../base/format'
import { useRunSlot } from '../../base/runColours'
import type { MetricsView } from '../../parts/curves/metricsAddress'
import type { ChangeView } from '../../parts/curves/usePane'
import { Button, Swatch } from '../../widgets/basics'
import { Chip } from '../../widgets/Chip'
import { MenuTitle } from '../../widgets/Popover'
import css from './Metrics.module.css'

interface Props {
  readonly view: MetricsView
  readonly change: ChangeView
  readonly runs: Readonly<Record<string, MetricRun>>
}

/** The runs among which the query searches. */
export function RunsChip({ view: { runs: chosen }, change, runs }: Props) {
  const slotOf = useRunSlot()
  if (chosen.length === 0) return null
  return (
    <Chip label="Among" value={plural(chosen.length, 'run')} onReset={() => change({ runs: [], focus: null })}>
      {(close) => (
        <>
          <MenuTitle>The query searches among these runs</MenuTitle>
          <ul className={css.runs}>
            {chosen.map((hash) => {
              const name = runs[hash]?.name ?? hash.slice(0, 8)
              return (
                <li key={hash}>
                  <Swatch slot={slotOf({ hash, slot: runs[hash]?.slot })} />
                  <span className="ellipsis" title={name}>
                    {name}
                  </span>
                  {!runs[hash] && <span className="muted">not found by the query</span>}
                  <Button
                    small
                    icon
                    quiet
                    aria-label={`Remove ${name}`}
                    onClick={() => {
                      change({ runs: chosen.filter((h) => h !== hash) })
                      if (chosen.length === 1) close()
                    }}
                  >
                    <X size={12} />
                  </Button>
                </li>
              )
            })}
          </ul>
        </>
      )}
    </Chip>
  )
}
