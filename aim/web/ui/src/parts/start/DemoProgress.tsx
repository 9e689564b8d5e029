// How far the recording of demo data is.

import { useQuery } from '@tanstack/react-query'
import { api } from '../../base/api/client'
import { formatCount, plural } from '../../base/format'
import css from './FirstStart.module.css'

const POLL_MS = 400

export function useDemo() {
  return useQuery({
    queryKey: ['demo'],
    queryFn: ({ signal }) => api.demo(signal),
    refetchInterval: (q) => (q.state.data?.state === 'running' ? POLL_MS : false),
  })
}

export function lastLine(text: string): string {
  return text.trim().split('\n').pop() ?? ''
}

export function Progress() {
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
            : 'The last one is still running: watch it'}
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
