// What people changed and the server does not have: what waits, what conflicts with another person's change, what was refused.

import { useEffect } from 'react'
import { choose, cancel, mine, retry, setRepo, useWrites, type Write } from '../../base/api/writes'
import { useInfo } from '../../base/queries'
import { copyText } from '../../base/stores'
import { Button } from '../../widgets/basics'
import { plural } from '../../base/format'
import css from './Writes.module.css'

/** An editor that is open shows the conflict of its text itself. */
export function useShownConflict(write: Write | undefined): void {
  const id = write?.theirs ? write.id : undefined
  useEffect(() => {
    if (!id) return
    useWrites.setState((s) => ({ shown: new Set([...s.shown, id]) }))
    return () => useWrites.setState((s) => ({ shown: new Set([...s.shown].filter((k) => k !== id)) }))
  }, [id])
}

/** Both texts, and what can be done about them. */
export function Conflict({ write, onChosen }: { write: Write; onChosen?: (text: string) => void }) {
  const own = mine(write)
  const theirs = write.theirs?.text ?? null
  const take = (choice: Parameters<typeof choose>[1]) => {
    choose(write, choice)
    onChosen?.((choice === 'theirs' ? theirs : choice.text) ?? '')
  }
  return (
    <div role="alert" className={css.conflict}>
      <p className={css.warn}>
        Someone else changed{' '}
        {write.field === 'note' ? 'this note' : write.field === 'name' ? 'this name' : 'this description'} meanwhile
        {onChosen ? '.' : `: ${write.what}.`}
      </p>
      <div className={css.both}>
        <div>
          <b>Yours</b>
          <pre>{own ?? 'deleted'}</pre>
        </div>
        <div>
          <b>Theirs</b>
          <pre>{theirs ?? 'deleted'}</pre>
        </div>
      </div>
      <div className={css.buttons}>
        <Button small onClick={() => take({ text: own })}>
          Keep mine
        </Button>
        <Button small onClick={() => take('theirs')}>
          Take theirs
        </Button>
        {write.field !== 'name' && own !== null && theirs !== null && (
          <Button small onClick={() => take({ text: `${theirs}\n\n${own}` })}>
            Join both
          </Button>
        )}
      </div>
    </div>
  )
}

/** On every page: nothing that was changed is out of sight while it is not on the server. */
export function Writes() {
  const path = useInfo().data?.repo_path
  useEffect(() => {
    if (path) setRepo(path)
  }, [path])
  const { list, shown } = useWrites()
  const own = list.filter((w) => path === undefined || w.repo === path || w.repo === '')
  const waiting = own.filter((w) => w.tries > 0 && !w.theirs && !w.error)
  const collided = own.filter((w) => w.theirs && !shown.has(w.id))
  const refused = own.filter((w) => w.error)
  if (waiting.length + collided.length + refused.length === 0) return null
  return (
    <section className={css.panel} aria-label="Changes not sent">
      {waiting.length > 0 && (
        <details className={css.part}>
          <summary>{plural(waiting.length, 'change')} kept in this browser, sent when the server answers</summary>
          <ul>
            {waiting.map((w) => (
              <li key={w.id}>
                <span>{w.what}</span>
                <Button small quiet onClick={() => cancel(w.id)}>
                  Discard
                </Button>
              </li>
            ))}
          </ul>
        </details>
      )}
      {collided.map((w) => (
        <div key={w.id} className={css.part}>
          <Conflict write={w} />
        </div>
      ))}
      {refused.map((w) => (
        <div key={w.id} className={css.part} role="alert">
          <p className={css.warn}>
            {w.what} was not taken: {w.error}
          </p>
          <div className={css.buttons}>
            {mine(w) !== null && (
              <Button small onClick={() => void copyText(mine(w) ?? '')}>
                Copy
              </Button>
            )}
            <Button small onClick={() => retry(w)}>
              Retry
            </Button>
            <Button small onClick={() => cancel(w.id)}>
              Discard
            </Button>
          </div>
        </div>
      ))}
    </section>
  )
}
