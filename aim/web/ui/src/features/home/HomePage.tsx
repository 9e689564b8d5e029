// The first page: what is running, what ran last, and the repo in figures.

import { useMemo, type ReactNode } from 'react'
import type { Home, Info } from '../../base/api/types'
import { plural } from '../../base/format'
import { useHome, useInfo } from '../../base/queries'
import { rememberList } from '../../base/runList'
import { InPlaceFacts } from '../../parts/facts/InPlaceFacts'
import { DemoProgress } from '../../parts/start/DemoProgress'
import { FirstStart } from '../../parts/start/FirstStart'
import { Failed, Skeleton } from '../../widgets/basics'
import { Count, LiveChip, PageHeader } from '../../widgets/PageHeader'
import css from '../../widgets/pages.module.css'
import { Days } from './HomeDays'
import { ExperimentList } from './HomeExperiments'
import { ActiveRuns, byExperiment, RecentRuns } from './HomeRuns'
import { HomeSearch } from './HomeSearch'
import { RepoFacts, UnreadableRuns } from './RepoFacts'

export function HomePage() {
  const home = useHome()
  const info = useInfo().data
  return (
    <>
      <PageHeader title="Home">
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
  const groups = useMemo(() => byExperiment(home.recent), [home.recent])
  const runs = info?.runs ?? home.totals.runs ?? 0
  if (runs === 0 && home.recent.length === 0) {
    return (
      <div className={css.scroll} tabIndex={-1}>
        <FirstStart />
      </div>
    )
  }
  // On the page of a run, j and k go through what is listed here.
  const listed = () => [...home.active, ...groups.flatMap((g) => g.rows)].map((r) => r.hash)
  return (
    <div className={css.scroll} tabIndex={-1}>
      <DemoProgress />
      <div className={css.home}>
        <HomeSearch />
        <div className={css.stack} onClickCapture={() => rememberList([...new Set(listed())])}>
          <ActiveRuns active={home.active} />
          <RecentRuns groups={groups} />
        </div>
        <div className={css.stack}>
          <ExperimentList experiments={home.experiments} readOnly={info?.read_only ?? true} />
          <Section
            title={
              <>
                Activity{' '}
                <span className="muted" style={{ fontWeight: 400 }}>
                  last 26 weeks
                </span>
              </>
            }
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
  )
}

function Section({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <section className={css.section}>
      <h2>{title}</h2>
      {children}
    </section>
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
