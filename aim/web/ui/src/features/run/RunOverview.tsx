// What a run is for, its results, params, environment and recording.

import { Fragment, useMemo } from 'react'
import type { RunDetail } from '../../base/api/types'
import { exactText, formatDateTime, formatValue } from '../../base/format'
import { shortNames } from '../../base/paramPath'
import { InPlaceFacts } from '../../parts/facts/InPlaceFacts'
import { leaves } from '../../parts/facts/runLeaves'
import { Code, cx, Link } from '../../widgets/basics'
import css from '../../widgets/pages.module.css'
import ui from '../../widgets/ui.module.css'
import { Ago, Many, Num } from '../../widgets/values'
import { Description } from './Description'
import { MetricsPanel } from './MetricsPanel'
import { Panel } from './Panel'

const KEY_PARAMS = 16

interface Props {
  readonly run: RunDetail
  readonly stored: RunDetail
  readonly readOnly: boolean
  readonly onDescription: (text: string, base: RunDetail) => void
}

export function Overview({ run, stored, readOnly, onDescription }: Props) {
  const command = commandLine(run.environment.argv)
  return (
    <div className={css.scroll} tabIndex={-1}>
      <div className={css.overview}>
        <div>
          {run.error && (
            <section className={cx(css.panel, css.error)} role="alert">
              <div className={css.panelBody}>
                <b className={ui.errText}>{run.error.type}</b> <span className="mono">{run.error.message}</span>
              </div>
            </section>
          )}
          <Description run={run} stored={stored} readOnly={readOnly} onSave={onDescription} />
          <MetricsPanel run={run} />
          {command && (
            <Panel title="Command">
              <div className={css.panelBody}>
                <Code>{command}</Code>
              </div>
            </Panel>
          )}
        </div>
        <div>
          <ParamsPanel run={run} />
          <EnvironmentPanel environment={run.environment} />
          <RecordingPanel run={run} />
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

/** A number that is shown short; whole ones have all their digits. */
const isFraction = (v: unknown): v is number => typeof v === 'number' && !Number.isSafeInteger(v)

function commandLine(argv: unknown): string {
  if (typeof argv === 'string') return argv
  if (!Array.isArray(argv)) return ''
  return argv
    .map((a) => (/^[\w@%+=:,./-]+$/.test(String(a)) ? String(a) : `'${String(a).replace(/'/g, "'\\''")}'`))
    .join(' ')
}

/** Path, value and shortest name of each param, well-known ones first. */
function keyParams({ params, key_params = [] }: RunDetail): [string, unknown, string][] {
  const all = leaves(params)
  const names = shortNames(all.map(([path]) => path))
  const place = new Map(key_params.map((path, i) => [path, i]))
  const at = (path: string) => place.get(path) ?? key_params.length
  return all.sort((a, b) => at(a[0]) - at(b[0])).map(([path, v]) => [path, v, names.get(path) ?? path])
}

/** A path that breaks behind its dots only. */
function Dotted({ text }: { readonly text: string }) {
  return (
    <>
      {text.split(/(?<=\.)/).map((part, i) => (
        <span key={i}>
          {i > 0 && <wbr />}
          {part}
        </span>
      ))}
    </>
  )
}

function ParamsPanel({ run }: { readonly run: RunDetail }) {
  const params = useMemo(() => keyParams(run), [run])
  return (
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
            {params.slice(0, KEY_PARAMS).map(([k, v, name]) => [
              <dt key={`${k}-t`} title={k}>
                <Dotted text={name} />
              </dt>,
              <dd key={k} className={css.cut} title={isFraction(v) ? undefined : formatValue(v)}>
                {isFraction(v) ? <Num value={v} /> : formatValue(v)}
              </dd>,
            ])}
          </dl>
        )}
      </div>
    </Panel>
  )
}

function EnvironmentPanel({ environment }: Pick<RunDetail, 'environment'>) {
  const shown = Object.entries(environment).filter(([k, v]) => k !== 'argv' && v !== null && v !== '')
  return (
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
  )
}

/** The exceptions that ended attempts before the one whose error heads the page. */
const earlierErrors = ({ writers = [], attempt = 1 }: RunDetail) =>
  writers.filter((w) => w.role === 'train' && w.attempt < attempt && w.error)

function RecordingPanel({ run }: { readonly run: RunDetail }) {
  return (
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
          {earlierErrors(run).map((w) => (
            <Fragment key={w.id}>
              <dt>Attempt {w.attempt}</dt>
              <dd className={ui.warnText}>
                {w.error?.type}: {w.error?.message}
              </dd>
            </Fragment>
          ))}
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
  )
}
