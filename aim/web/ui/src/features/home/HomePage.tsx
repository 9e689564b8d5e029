// The first page: what is running, what ran last, and the repo in figures.

import { useMemo } from 'react'
import type { Home, Info } from '../../base/api/types'
import { plural } from '../../base/format'
import { useHome, useInfo } from '../../base/queries'
import { usePlace } from '../../base/route'
import { rememberList } from '../../base/runList'
import { InPlaceFacts } from '../../parts/facts/InPlaceFacts'
import { DemoProgress } from '../../parts/start/DemoProgress'
import { FirstStart } from '../../parts/start/FirstStart'
import { Failed, Skeleton } from '../../widgets/basics'
import { Count, LiveChip, PageHeader } from '../../widgets/PageHeader'
import pages from '../../widgets/pages.module.css'
import { ActiveRuns } from './ActiveRuns'
import css from './home.module.css'
import { parseHome } from './homeAddress'
import { Days } from './HomeDays'
import { ExperimentList } from './HomeExperiments'
import { HomeSearch } from './HomeSearch'
import { byExperiment, RecentRuns } from './RecentRuns'
import { RepoFacts, UnreadableRuns } from './RepoFacts'
import { Section } from './Section'
import { SinceLine } from './SinceLine'
import { useSince } from './visits'

export function HomePage() {
  const home = useHome(useSince())
  const info = useInfo().data
  return (
    <>
      <PageHeader title="Home" search={<HomeSearch />}>
        {info && <Count>{plural(info.runs - info.archived_runs, 'run')}</Count>}
        <LiveChip />
      </PageHeader>
      {home.data ? (
        <HomeBody home={home.data} info={info} />
      ) : home.error ? (
        <Failed error={home.error} retry={() => void home.refetch()} />
      ) : (
        <HomeSkeleton />
      )}
    </>
  )
}

function HomeBody({ home, info }: { home: Home; info: Info | undefined }) {
  const { search } = usePlace()
  const { grouped } = useMemo(() => parseHome(search).view, [search])
  const runs = info?.runs ?? home.totals.runs ?? 0
  if (runs === 0 && home.recent.length === 0) {
    return (
      <div className={pages.scroll} tabIndex={-1}>
        <FirstStart />
      </div>
    )
  }
  // On the page of a run, j and k go through what is listed here.
  const recent = grouped ? byExperiment(home.recent).flatMap((g) => g.rows) : home.recent
  const listed = () => [...home.active, ...recent].map((r) => r.hash)
  return (
    <>
      {home.since && <SinceLine since={home.since} />}
      <div className={pages.scroll} tabIndex={-1}>
        <DemoProgress />
        <div className={css.body}>
          <div className={css.main} onClickCapture={() => rememberList([...new Set(listed())])}>
            <ActiveRuns active={home.active} />
            <RecentRuns recent={home.recent} total={runs - (info?.archived_runs ?? 0)} grouped={grouped} />
          </div>
          <div className={css.aside}>
            <ExperimentList experiments={home.experiments} readOnly={info?.read_only ?? true} />
            <Section
              title="Activity"
              says={`26 weeks, ${plural(
                home.activity.reduce((n, d) => n + d.runs, 0),
                'run',
              )}`}
            >
              <Days activity={home.activity} />
            </Section>
            <RepoFacts runs={runs} info={info} />
            <UnreadableRuns unreadable={home.unreadable} />
            {home.in_place && (
              <Section title="Read in place">
                <InPlaceFacts found={home.in_place} />
              </Section>
            )}
          </div>
        </div>
      </div>
    </>
  )
}

function HomeSkeleton() {
  return (
    <div style={{ padding: 24 }} aria-busy="true">
      {Array.from({ length: 10 }, (_, i) => (
        <Skeleton key={i} style={{ marginBottom: 16, width: `${40 + ((i * 23) % 50)}%` }} />
      ))}
    </div>
  )
}
