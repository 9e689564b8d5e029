// What a run was for, what came of it, with which params, where and how.

import { useMemo, useState, type ReactNode } from 'react'
import { jsonText } from '../../base/api/json'
import type { RunDetail } from '../../base/api/types'
import { useInfo, useThrottledValue } from '../../base/queries'
import { store, storedText } from '../../base/stores'
import { Button, Code, cx, Link, Sparkline } from '../../widgets/basics'
import { digitsFor, exactText, formatDateTime, formatValue } from '../../base/format'
import { Markdown } from '../../widgets/Markdown'
import ui from '../../widgets/ui.module.css'
import { Ago, Many, Num } from '../../widgets/values'
import { contextText } from '../../parts/fields/columns'
import { InPlaceFacts } from '../../parts/facts/InPlaceFacts'
import css from '../../widgets/pages.module.css'
import { ranked, useSparks } from './runHeadline'
import { leaves } from '../../parts/facts/runLeaves'

const KEY_PARAMS = 16
/** Sequences in the table; the others are a click away. */
const SHOWN = 30
const SPARK_MS = 5000

function Panel({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <section className={css.panel}>
      <h2>
        {title}
        <span style={{ marginLeft: 'auto', fontWeight: 400 }}>{aside}</span>
      </h2>
      {children}
    </section>
  )
}

/** A number that is shown short; whole ones have all their digits. */
const isFraction = (v: unknown): v is number => typeof v === 'number' && !Number.isSafeInteger(v)

function commandLine(argv: unknown): string {
  if (typeof argv === 'string') return argv
  if (!Array.isArray(argv)) return ''
  return argv
    .map((a) => (/^[\w@%+=:,./-]+$/.test(String(a)) ? String(a) : `'${String(a).replace(/'/g, "'\\''")}'`))
    .join(' ')
}

export function Overview({
  run,
  stored,
  readOnly,
  onDescription,
}: {
  run: RunDetail
  stored: RunDetail
  readOnly: boolean
  onDescription: (text: string, base: RunDetail) => void
}) {
  const params = useMemo(() => leaves(run.params), [run.params])
  const env = run.environment
  const command = commandLine(env.argv)
  const shown = Object.entries(env).filter(([k, v]) => k !== 'argv' && v !== null && v !== '')
  return (
    <div className={css.scroll} tabIndex={-1}>
      <div className={css.overview}>
        <div className={css.stack} style={{ gap: 16 }}>
          {run.error && (
            <section className={css.panel} role="alert" style={{ borderColor: 'var(--err)' }}>
              <div className={css.panelBody}>
                <b className={ui.errText}>{run.error.type}</b> <span className="mono">{run.error.message}</span>
              </div>
            </section>
          )}
          <Description run={run} stored={stored} readOnly={readOnly} onSave={onDescription} />
          <Metrics run={run} />
          {command && (
            <Panel title="Command">
              <div className={css.panelBody}>
                <Code>{command}</Code>
              </div>
            </Panel>
          )}
        </div>
        <div className={css.stack} style={{ gap: 16 }}>
          <Panel
            title="Params"
            aside={
              <Link to={`/runs/${run.hash}?tab=params`}>
                All <Many n={params.length} />
              </Link>
            }
          >
            <div className={css.panelBody}>
              {params.length === 0 ? (
                <span className="muted">
                  None. <code>aim.set_params({'{…}'})</code>
                </span>
              ) : (
                <dl className={css.kv}>
                  {params.slice(0, KEY_PARAMS).map(([k, v]) => [
                    <dt key={`${k}-t`} title={k}>
                      {k}
                    </dt>,
                    <dd key={k} className={css.cut} title={isFraction(v) ? undefined : formatValue(v)}>
                      {isFraction(v) ? <Num value={v} /> : formatValue(v)}
                    </dd>,
                  ])}
                </dl>
              )}
            </div>
          </Panel>
          <Panel title="Environment">
            <div className={css.panelBody}>
              {shown.length === 0 ? (
                <span className="muted">Not recorded</span>
              ) : (
                <dl className={css.kv}>
                  {shown.map(([k, v]) => [<dt key={`${k}-t`}>{k}</dt>, <dd key={k}>{exactText(v)}</dd>])}
                </dl>
              )}
            </div>
          </Panel>
          <Panel title="Recording">
            <div className={css.panelBody}>
              <dl className={css.kv}>
                <dt>Created</dt>
                <dd>{formatDateTime(run.created_at)}</dd>
                <dt>Ended</dt>
                <dd>{run.ended_at ? <Ago at={run.ended_at} /> : 'not yet'}</dd>
                <dt>Source</dt>
                <dd>{run.source}</dd>
                <dt>Points lost</dt>
                <dd className={cx(run.loss.lost_points > 0 && ui.warnText)}>
                  <Many n={run.loss.lost_points} />
                </dd>
                {run.hidden_points > 0 && (
                  <>
                    <dt>Points hidden</dt>
                    <dd title="Of earlier attempts: the training went back, and did that again">
                      <Link to={`/runs/${run.hash}?tab=metrics&attempts=all`}>
                        <Many n={run.hidden_points} /> of earlier attempts
                      </Link>
                    </dd>
                  </>
                )}
                <dt>Rejected</dt>
                <dd>
                  <Many n={run.loss.rejected} />
                </dd>
                <dt>Id</dt>
                <dd className="mono">{run.hash}</dd>
              </dl>
            </div>
          </Panel>
          {run.in_place && (
            <Panel title="Read in place">
              <div className={css.panelBody}>
                <InPlaceFacts found={run.in_place} />
              </div>
            </Panel>
          )}
        </div>
      </div>
    </div>
  )
}

function Description({
  run,
  stored,
  readOnly,
  onSave,
}: {
  run: RunDetail
  stored: RunDetail
  readOnly: boolean
  onSave: (text: string, base: RunDetail) => void
}) {
  const [base, setBase] = useState(stored)
  const key = `draft.description.${run.hash}`
  const [draft, setDraft] = useState<string | null>(() => storedText(key) || null)
  const edit = (text: string) => {
    setDraft(text)
    store(key, text)
  }
  const close = () => {
    setDraft(null)
    store(key, '')
  }
  return (
    <Panel
      title="Description"
      aside={
        !readOnly &&
        draft === null && (
          <Button
            small
            quiet
            onClick={() => {
              setBase(stored)
              setDraft(run.description)
            }}
          >
            Edit
          </Button>
        )
      }
    >
      <div className={css.panelBody}>
        {draft !== null && !readOnly ? (
          <>
            <textarea
              className={ui.area}
              autoFocus
              aria-label="Description, in Markdown"
              value={draft}
              onChange={(e) => edit(e.target.value)}
            />
            <div style={{ display: 'flex', gap: 8, marginTop: 8 }}>
              <Button
                primary
                onClick={() => {
                  close()
                  if (draft !== run.description) onSave(draft, base)
                }}
              >
                Save
              </Button>
              <Button onClick={close}>Cancel</Button>
            </div>
          </>
        ) : run.description ? (
          <Markdown text={run.description} />
        ) : (
          <span className="muted">What this run is for. Markdown.</span>
        )}
      </div>
    </Panel>
  )
}

function Metrics({ run }: { run: RunDetail }) {
  const info = useInfo()
  const headline = info.data?.experiments.find((e) => e.name === run.experiment)?.headline ?? null
  const all = ranked(run.sequences, headline)
  const rows = all.slice(0, SHOWN)
  const step = useThrottledValue(
    run.sequences.reduce((most, s) => Math.max(most, Number(s.last_step)), 0),
    SPARK_MS,
  )
  const sparks = useSparks(rows, step)
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
              {rows.map((s) => (
                <tr key={`${s.name} ${jsonText(s.context)}`}>
                  <td className={css.metricName} title={`${s.name} ${contextText(s.context)}`.trim()}>
                    <span className="ellipsis">
                      {s.name} <span className="muted">{contextText(s.context)}</span>
                    </span>
                  </td>
                  <td>
                    <Sparkline values={sparks.get(s.id ?? '') ?? []} width={88} height={20} />
                  </td>
                  <td className={css.r}>
                    <b>
                      <Num value={s.last} column digits={digitsFor([s.last, s.min, s.max])} />
                    </b>
                  </td>
                  <td className={css.r}>
                    <Num value={s.min} column digits={digitsFor([s.last, s.min, s.max])} />
                  </td>
                  <td className={css.r}>
                    <Num value={s.max} column digits={digitsFor([s.last, s.min, s.max])} />
                  </td>
                  <td className={css.r}>
                    <Many n={s.last_step} />
                  </td>
                  <td className={css.r}>
                    <Many n={s.count} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
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
