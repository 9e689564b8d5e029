// A repo without runs: how to record the first one, or some to look around with. The page fills by itself when a run arrives.

import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../base/api/client'
import { useHome, useInfo } from '../../base/queries'
import { href } from '../../base/route'
import { toast } from '../../base/stores'
import { Button, Code, Link } from '../../widgets/basics'
import ui from '../../widgets/ui.module.css'
import { InPlaceFacts } from '../facts/InPlaceFacts'
import { lastLine, Progress, useDemo } from './DemoProgress'
import css from './FirstStart.module.css'

const SNIPPET = `import aim
for step in range(1000):
    aim.track(1 / (step + 1), name="loss", step=step)`

export default function FirstStartPage() {
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
        Everything is served from this machine: <Link to="/help/quickstarts">quick starts</Link> and all of the
        documentation under Help, <a href={href('/docs')}>the API reference</a>, and <code>aim --help</code> for the
        command line.
      </p>
    </div>
  )
}
