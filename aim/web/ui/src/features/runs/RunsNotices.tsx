// Notes between the controls and the table: groups that are not complete, and new runs.

import type { Grouped } from './groups'
import { formatCount } from '../../base/format'
import { messageOf, OldResult } from '../../parts/query/OldResult'
import { Button } from '../../widgets/basics'
import css from '../../widgets/pages.module.css'

interface Props {
  /** null: the table is not grouped. */
  readonly grouped: Grouped | null
  readonly matched: number
  /** Runs that started since, and are not shown. */
  readonly fresh: number
  readonly onReload: () => void
  /** Why the query that is asked has no answer; `shown`: the one whose rows are in the table. */
  readonly failed: { readonly error: unknown; readonly shown: string } | null
}

export function RunsNotices({ grouped, matched, fresh, onReload, failed }: Props) {
  return (
    <>
      {failed && <OldResult {...failed} ofNone="Showing all runs" onAgain={onReload} />}
      {grouped?.ready && grouped.read < matched && (
        <div className={css.notice}>
          Groups of the first {formatCount(grouped.read)} of {formatCount(matched)} runs. Narrow the query to group all.
        </div>
      )}
      {grouped && grouped.error !== null && (
        <div className={css.notice} role="alert">
          The groups could not be read: {messageOf(grouped.error)}{' '}
          <Button small onClick={grouped.reload}>
            Retry
          </Button>
        </div>
      )}
      {fresh > 0 && (
        <div className={css.notice} role="status">
          <b>
            {formatCount(fresh)} new {fresh === 1 ? 'run' : 'runs'}
          </b>
          <Button small onClick={onReload}>
            Show
          </Button>
        </div>
      )}
    </>
  )
}
