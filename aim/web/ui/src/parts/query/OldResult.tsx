import { Button } from '../../widgets/basics'
import css from '../../widgets/pages.module.css'

interface Props {
  /** Why the query that is asked has no answer. */
  readonly error: unknown
  /** The query whose result is shown. */
  readonly shown: string
  /** What an empty query shows. */
  readonly ofNone: string
  readonly onAgain: () => void
}

/** That a page still shows the result of an earlier query. */
export function OldResult({ error, shown, ofNone, onAgain }: Props) {
  return (
    <div className={css.notice} role="alert">
      <b>{messageOf(error)}.</b> {shown === '' ? ofNone : 'Showing the last result, of '}
      {shown !== '' && <code>{shown}</code>}
      <Button small onClick={onAgain}>
        Search again
      </Button>
    </div>
  )
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
