// The page of a run that is deleted, or that this repo never had. It offers only what the server allows.

import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { ApiError } from '../../base/api/client'
import type { NearRun, RunDetail } from '../../base/api/types'
import { PageHeader } from '../../widgets/PageHeader'
import { findByWords } from '../../base/runQuery'
import { currentPlace, navigate } from '../../base/route'
import { Button, Empty, Link } from '../../widgets/basics'
import { formatAgo, formatDateTime } from '../../base/format'
import ui from '../../widgets/ui.module.css'
import css from '../../widgets/pages.module.css'
import { bulk } from '../../parts/edits/runActions'

/** A prefix of a hash with at least this many digits that only one run has leads to that run. */
const PREFIX = 6

/** In the trash: it can be taken out again. */
export function DeletedRun({ run, readOnly }: { run: RunDetail; readOnly: boolean }) {
  const queries = useQueryClient()
  const name = run.name || run.hash.slice(0, 8)
  return (
    <>
      <PageHeader title={name} />
      <Empty title="This run was deleted">
        <p>
          <b>{name}</b> of experiment {run.experiment}, recorded{' '}
          <span title={formatDateTime(run.created_at)}>{formatAgo(run.created_at)}</span>. It is in the trash of this
          repo until <code>aim storage prune</code> empties it.
        </p>
        <p className="mono muted">{run.hash}</p>
        <div style={{ display: 'flex', gap: 8 }}>
          {!readOnly && (
            <Button
              primary
              onClick={() =>
                void bulk([run.hash], 'restore', () => void queries.invalidateQueries({ queryKey: ['run', run.hash] }))
              }
            >
              Restore from the trash
            </Button>
          )}
          <Button onClick={() => navigate('/trash')}>All deleted runs</Button>
          <Button onClick={() => navigate('/runs')}>All runs</Button>
        </div>
        {readOnly && (
          <p className="muted">
            This server is read-only. To restore it: <code>aim runs restore {run.hash}</code>
          </p>
        )}
      </Empty>
    </>
  )
}

/** Neither in the repo nor in its trash: what its address may have meant, and a search. */
export function NoSuchRun({ text, error }: { text: string; error: ApiError }) {
  const near = (error.body as { near?: NearRun[] } | null)?.near ?? []
  const only =
    near.length === 1 && text.length >= PREFIX && near[0]!.hash.startsWith(text.toLowerCase()) ? near[0]!.hash : null
  useEffect(() => {
    if (only) navigate(`/runs/${only}${currentPlace().search}`, 'replace')
  }, [only])
  const [find, setFind] = useState('')
  if (only) return <PageHeader title="Run" />
  return (
    <>
      <PageHeader title="No such run" />
      <Empty title="There is no such run in this repo">
        <p className="mono muted" style={{ overflowWrap: 'anywhere' }}>
          {text.slice(0, 200)}
        </p>
        <p>
          {near.length > 0
            ? 'It is not in the trash either. Did you mean one of these?'
            : 'It is not in the trash either. It may belong to another repo, or the address was cut.'}
        </p>
        {near.length > 0 && (
          <ul className={css.near} aria-label="Runs that may be meant">
            {near.map((r) => (
              <li key={r.hash}>
                <Link to={`/runs/${r.hash}`} className={css.nearRow}>
                  <span className="ellipsis">{r.name || r.hash.slice(0, 8)}</span>
                  <span className="muted ellipsis">{r.deleted ? 'deleted' : r.experiment}</span>
                  <span className="mono muted">{r.hash.slice(0, 12)}</span>
                </Link>
              </li>
            ))}
          </ul>
        )}
        <form
          role="search"
          style={{ display: 'flex', gap: 8, width: '100%' }}
          onSubmit={(e) => {
            e.preventDefault()
            if (find.trim()) void findByWords(find).then((q) => navigate(`/runs?q=${encodeURIComponent(q)}`))
          }}
        >
          <input
            className={ui.input}
            placeholder="Search names, tags, params, notes"
            aria-label="Search"
            value={find}
            onChange={(e) => setFind(e.target.value)}
          />
          <Button type="submit" primary={find.trim() !== ''}>
            Search
          </Button>
          <Button onClick={() => navigate('/runs')}>All runs</Button>
        </form>
      </Empty>
    </>
  )
}
