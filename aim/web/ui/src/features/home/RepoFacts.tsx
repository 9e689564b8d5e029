import type { Home, Info } from '../../base/api/types'
import { formatBytes, plural } from '../../base/format'
import { Link } from '../../widgets/basics'
import { Many } from '../../widgets/values'
import css from './home.module.css'
import { Section } from './Section'

export function RepoFacts({ runs, info }: { runs: number; info: Info | undefined }) {
  return (
    <Section title="This repo">
      <dl className={css.facts}>
        <dt>Runs</dt>
        <dd>
          <Many n={runs} />
        </dd>
        {info && (
          <>
            {info.archived_runs > 0 && (
              <>
                <dt>Archived</dt>
                <dd>
                  <Link to="/runs?q=run.archived">
                    <Many n={info.archived_runs} />
                  </Link>
                </dd>
              </>
            )}
            <dt>Points</dt>
            <dd>
              <Many n={info.points} />
            </dd>
            <dt>Size</dt>
            <dd className="num" title={`${info.size_bytes} bytes: runs, trash and index`}>
              {formatBytes(info.size_bytes)}
            </dd>
            <dt>Path</dt>
            <dd title={info.repo_path} className={`mono ${css.fromEnd}`}>
              <bdi>{info.repo_path}</bdi>
            </dd>
            <dt>Version</dt>
            <dd className="num">{info.version}</dd>
          </>
        )}
      </dl>
    </Section>
  )
}

/** Runs whose files cannot be read, and why. */
export function UnreadableRuns({ unreadable }: Pick<Home, 'unreadable'>) {
  if (unreadable.count === 0) return null
  return (
    <Section title={`${plural(unreadable.count, 'run')} could not be read`}>
      <dl className={css.facts}>
        {unreadable.runs.map((r) => [
          <dt key={`${r.hash}-t`} className="mono" title={r.hash}>
            {r.hash.slice(0, 8)}
          </dt>,
          <dd key={r.hash}>{r.reason}</dd>,
        ])}
      </dl>
      <p className="muted">
        More: <code>aim doctor</code>
      </p>
    </Section>
  )
}
