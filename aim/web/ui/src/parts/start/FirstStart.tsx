// A repo without runs: how to record the first one, or some to look around with. The page fills by itself when a run arrives.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../base/api/client'
import { useHome, useInfo } from '../../base/queries'
import { href } from '../../base/route'
import { toast } from '../../base/stores'
import { Button, Code } from '../../widgets/basics'
import { formatCount, plural } from '../../base/format'
import ui from '../../widgets/ui.module.css'
import css from './FirstStart.module.css'
import { InPlaceFacts } from '../facts/InPlaceFacts'

const SNIPPET = `import aim
for step in range(1000):
    aim.track(1 / (step + 1), name="loss", step=step)`

const POLL_MS = 400

function useDemo() {
  return useQuery({
    queryKey: ['demo'],
    queryFn: ({ signal }) => api.demo(signal),
    refetchInterval: (q) => (q.state.data?.state === 'running' ? POLL_MS : false),
  })
}

export function FirstStart() {
  const inPlace = useHome().data?.in_place
  const info = useInfo()
  const demo = useDemo()
  const queries = useQueryClient()
  const [asked, setAsked] = useState(false)
  const running = asked || demo.data?.state === 'running'
  const record = () => {
    setAsked(true)
    api
      .recordDemo()
      .then(
        (d) => queries.setQueryData(['demo'], d),
        (e: Error) => toast(e.message, { kind: 'error' }),
      )
      .finally(() => setAsked(false))
  }
  return (
    <div className={css.page}>
      {inPlace && (
        <section className={css.part}>
          <h2>No logs yet</h2>
          <p>No event files of TensorBoard were found there. This page fills when the first one is written.</p>
          <InPlaceFacts found={inPlace} />
        </section>
      )}
      {!inPlace && (
        <section className={css.part}>
          <h2>No runs yet</h2>
          <p>
            Record one from Python
            {info.data && (
              <>
                , in <code className={css.path}>{info.data.repo_path.replace(/\/\.aim$/, '')}</code>
              </>
            )}
            . This page fills when the first run arrives.
          </p>
          <Code>{SNIPPET}</Code>
        </section>
      )}
      {!inPlace && info.data && !info.data.read_only && (
        <section className={css.part}>
          <h2>Or look around first</h2>
          <p>
            A small network learns to tell two spirals apart, with some settings of it: seven real trainings, recorded
            here in seconds. Delete them when you are done.
          </p>
          {running ? (
            <Progress />
          ) : (
            <Button primary onClick={record}>
              Create demo data
            </Button>
          )}
          {demo.data?.state === 'failed' && (
            <p className={ui.errText} role="alert">
              It failed: {lastLine(demo.data.message)}
            </p>
          )}
        </section>
      )}
      <p className="muted">
        Everything is served from this machine: <a href={href('/docs')}>the reference of its API</a>, and{' '}
        <code>aim --help</code> for the command line.
      </p>
    </div>
  )
}

function lastLine(text: string): string {
  return text.trim().split('\n').pop() ?? ''
}

function Progress() {
  const { data } = useDemo()
  const done = data?.done ?? 0
  const total = data?.total ?? 0
  return (
    <div className={css.progress} role="status">
      <progress value={done} max={Math.max(1, total)} aria-label="Trainings recorded" />
      <span className="num">
        {total === 0
          ? 'Starting'
          : done + 1 < total
            ? `${formatCount(done)} of ${plural(total, 'training')}`
            : 'The last one goes on: watch it'}
      </span>
    </div>
  )
}

/** On a page that has runs already: how far the demo is, until it is done. */
export function DemoProgress() {
  const { data } = useDemo()
  if (data?.state === 'failed')
    return (
      <div className={css.notice} role="alert">
        Demo data: {lastLine(data.message)}
      </div>
    )
  if (data?.state !== 'running') return null
  return (
    <div className={css.notice}>
      <b>Recording demo data</b>
      <Progress />
    </div>
  )
}
