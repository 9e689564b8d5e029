// The experiments, and for each the headline metric of its runs, which is set here and shared by all users of the repo.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { TrendingUp } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../base/api/client'
import { parsePlainJson } from '../../base/api/json'
import type { Context, ExperimentCount, Headline } from '../../base/api/types'
import { toast } from '../../base/stores'
import { Button, Link } from '../../widgets/basics'
import { MenuItem, MenuLine, MenuTitle, Popover } from '../../widgets/Popover'
import ui from '../../widgets/ui.module.css'
import { Many } from '../../widgets/values'
import { contextText } from '../../parts/fields/columns'
import css from './home.module.css'
import { Section } from './Section'

/** Every repo has it; one that was added is shown before it has runs. */
const DEFAULT_EXPERIMENT = 'default'

const experimentQuery = (name: string) => `run.experiment == ${JSON.stringify(name)}`

export function inExperiment(name: string): string {
  return `/runs?q=${encodeURIComponent(experimentQuery(name))}`
}

/** What is said of a metric's direction; the mark is the one of sorted columns. */
const GOALS = {
  min: { mark: '↓', text: 'Lower is better' },
  max: { mark: '↑', text: 'Higher is better' },
} as const

const textOf = (h: Headline) => `${h.name} ${contextText(h.context)}`.trim()

export function ExperimentList({
  experiments,
  readOnly,
}: {
  experiments: readonly ExperimentCount[]
  readOnly: boolean
}) {
  return (
    <Section title="Experiments">
      {experiments
        .filter((e) => e.runs > 0 || e.name !== DEFAULT_EXPERIMENT)
        .map((e) => (
          <div key={e.name} className={css.experiment}>
            <Link to={inExperiment(e.name)} className="ellipsis">
              {e.name}
            </Link>
            {e.headline && (
              <span className="muted ellipsis" title="Headline metric (shared)">
                {textOf(e.headline)}
                {e.headline.goal && ` ${GOALS[e.headline.goal].mark}`}
              </span>
            )}
            {!readOnly && e.runs > 0 && <HeadlinePicker experiment={e} />}
            <Many className="muted" n={e.runs} />
          </div>
        ))}
    </Section>
  )
}

function HeadlinePicker({ experiment }: { experiment: ExperimentCount }) {
  return (
    <Popover
      label={`Headline metric of ${experiment.name}`}
      wide
      align="end"
      trigger={(p) => (
        <Button small icon quiet aria-label={`Headline metric of ${experiment.name}`} title="Headline metric" {...p}>
          <TrendingUp size={14} strokeWidth={1.5} />
        </Button>
      )}
    >
      {(close) => <Choice experiment={experiment} close={close} />}
    </Popover>
  )
}

function Choice({ experiment, close }: { experiment: ExperimentCount; close: () => void }) {
  const queries = useQueryClient()
  const [find, setFind] = useState('')
  const q = experimentQuery(experiment.name)
  const known = useQuery({
    queryKey: ['columns', q],
    queryFn: ({ signal }) => api.columns(q, signal),
    staleTime: 60_000,
  })
  const metrics = (known.data?.metrics ?? [])
    .map((m) => ({ name: m.name, context: parseContext(m.context) }))
    .filter((m) => textOf(m).toLowerCase().includes(find.toLowerCase()))
  const set = (headline: Headline | null) => {
    close()
    api.setHeadline(experiment.name, headline).then(
      () => {
        void queries.invalidateQueries({ queryKey: ['home'] })
        void queries.invalidateQueries({ queryKey: ['info'] })
      },
      (e: Error) => toast(e.message, { kind: 'error' }),
    )
  }
  const now = experiment.headline ? textOf(experiment.headline) : null
  return (
    <div>
      <MenuTitle>Headline metric of {experiment.name} (shared)</MenuTitle>
      {(known.data?.metrics.length ?? 0) > 9 && (
        <input
          className={ui.input}
          placeholder="Find a metric"
          aria-label="Find a metric"
          value={find}
          onChange={(e) => setFind(e.target.value)}
        />
      )}
      <div role="menu">
        <MenuItem checked={now === null} onSelect={() => set(null)}>
          Automatic: validation loss, otherwise the first metric
        </MenuItem>
        {metrics.slice(0, 100).map((m) => (
          <MenuItem
            key={textOf(m)}
            checked={textOf(m) === now}
            onSelect={() => set(textOf(m) === now ? experiment.headline : m)}
          >
            {m.name} <span className="muted">{contextText(m.context)}</span>
          </MenuItem>
        ))}
        {experiment.headline && (
          <>
            <MenuLine />
            <MenuTitle>Which direction of {textOf(experiment.headline)} is better</MenuTitle>
            <GoalItems headline={experiment.headline} onSelect={set} />
          </>
        )}
      </div>
    </div>
  )
}

/** Only where people say it is a run called the best, or compared with the best. */
function GoalItems({ headline, onSelect }: { headline: Headline; onSelect: (headline: Headline) => void }) {
  const { goal, name, context } = headline
  return (
    <>
      <MenuItem checked={!goal} hint="no run is called the best" onSelect={() => onSelect({ name, context })}>
        Not said
      </MenuItem>
      {(['min', 'max'] as const).map((g) => (
        <MenuItem key={g} checked={goal === g} onSelect={() => onSelect({ name, context, goal: g })}>
          {GOALS[g].text}
        </MenuItem>
      ))}
    </>
  )
}

function parseContext(text: string): Context {
  try {
    const value = parsePlainJson(text || '{}')
    return value !== null && typeof value === 'object' ? (value as Context) : {}
  } catch {
    return {}
  }
}
