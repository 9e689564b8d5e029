import { lazy, useEffect, useState } from 'react'
import { ApiError } from '../../base/api/client'
import { useWrites, withWrites } from '../../base/api/writes'
import { useKeys } from '../../base/keys'
import { useInfo, useLiveChange, useRun, useThrottled } from '../../base/queries'
import { navigate, usePlace } from '../../base/route'
import { neighbours, readBeside } from '../../base/runList'
import { edit } from '../../parts/edits/runActions'
import { NotesTab } from '../../parts/facts/Notes'
import { ParamsTab } from '../../parts/facts/Params'
import { Failed, Skeleton } from '../../widgets/basics'
import { PageHeader } from '../../widgets/PageHeader'
import { about, ArchivedNote, RunFacts, RunHeader, type ShownRun } from './RunHeader'
import { RunMetrics } from './RunMetrics'
import { Overview } from './RunOverview'
import { RunTabs, tabAddress, tabOf, type Tab } from './RunTabs'

// Not a part of the first load: few addresses lead to a run that is not there, and the server has just answered.
const DeletedRun = lazy(() => import('./RunMissing').then((m) => ({ default: m.DeletedRun })))
const NoSuchRun = lazy(() => import('./RunMissing').then((m) => ({ default: m.NoSuchRun })))

export function RunPage({ parts }: { parts: Readonly<Record<string, string>> }) {
  const hash = parts.hash!
  const tab = tabOf(usePlace().search)
  const run = useLiveRun(hash)
  const readOnly = useInfo().data?.read_only ?? false
  const writes = useWrites((s) => s.list)
  const refetch = () => void run.refetch()
  const [, setRead] = useState(0)
  const beside = neighbours(hash)
  useEffect(() => {
    void readBeside(hash).then((isMore) => isMore && setRead((n) => n + 1))
  }, [hash])
  const step = (to: string | null) => {
    if (to) navigate(tabAddress(to, tab))
  }
  useKeys([
    { key: 'j', does: 'Next run of the list', run: () => step(beside.next) },
    { key: 'k', does: 'Previous run of the list', run: () => step(beside.previous) },
  ])

  const stored = run.data
  if (run.error instanceof ApiError && run.error.status === 404) return <NoSuchRun text={hash} error={run.error} />
  if (!stored) return <NoRunYet error={run.error} retry={refetch} />
  if (stored.deleted) return <DeletedRun run={stored} readOnly={readOnly} />
  const shown: ShownRun = { run: withWrites(stored, writes), stored, readOnly }
  return (
    <>
      <RunHeader {...shown} beside={beside} onStep={step} refetch={refetch} />
      <ArchivedNote {...shown} refetch={refetch} />
      <RunFacts {...shown} />
      <RunTabs run={shown.run} tab={tab} />
      <div
        id="tab-panel"
        role="tabpanel"
        aria-labelledby={`tab-${tab}`}
        style={{ flex: 1, minHeight: 0, display: 'flex', flexDirection: 'column' }}
      >
        <TabPanel {...shown} tab={tab} />
      </div>
    </>
  )
}

/** A run as the server has it, asked for again when it changes; its name is the title of the window. */
function useLiveRun(hash: string) {
  const run = useRun(hash)
  const again = useThrottled(() => run.refetch(), 2000)
  useLiveChange((c) => {
    if (c.removed.includes(hash)) void run.refetch()
    else if (c.runs.includes(hash) || c.runs.includes('*')) again()
  })
  useEffect(() => {
    document.title = run.data ? `${run.data.name || hash.slice(0, 8)} · Aim` : 'Aim'
    return () => {
      document.title = 'Aim'
    }
  }, [run.data, hash])
  return run
}

function NoRunYet({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <>
      <PageHeader title="Run" />
      {error ? (
        <Failed error={error} retry={retry} />
      ) : (
        <div style={{ padding: 24 }} aria-busy="true">
          {[60, 40, 72, 55].map((w) => (
            <Skeleton key={w} style={{ width: `${w}%`, marginBottom: 16 }} />
          ))}
        </div>
      )}
    </>
  )
}

function TabPanel({ tab, run, stored, readOnly }: ShownRun & { tab: Tab }) {
  if (tab === 'params') return <ParamsTab run={run} />
  if (tab === 'metrics') return <RunMetrics run={run} />
  if (tab === 'notes') return <NotesTab run={run} stored={stored} readOnly={readOnly} />
  return (
    <Overview
      run={run}
      readOnly={readOnly}
      stored={stored}
      onDescription={(description, base) =>
        void edit({
          ...about(run, 'Description'),
          field: 'description',
          edit: { description, base_version: base.version },
          before: base.description,
        })
      }
    />
  )
}
