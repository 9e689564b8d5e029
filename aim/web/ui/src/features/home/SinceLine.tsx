// What happened since the last visit, in one line.

import type { ReactNode } from 'react'
import type { Home } from '../../base/api/types'
import { formatDateTime, formatNumber } from '../../base/format'
import { cx, Link } from '../../widgets/basics'
import ui from '../../widgets/ui.module.css'
import { Many } from '../../widgets/values'
import css from './home.module.css'
import { endedSince } from './moments'
import { momentText } from './visits'

type Since = NonNullable<Home['since']>

const found = (q: string) => `/runs?q=${encodeURIComponent(q)}`

export function SinceLine({ since }: { since: Since }) {
  const ended = endedSince(since.at)
  const best = since.bests.map((b) => `${b.experiment}: ${b.name || b.hash.slice(0, 8)} ${formatNumber(b.value)}`)
  return (
    <section className={css.since} aria-label="Since your last visit">
      <span className="muted" title={`When you last looked at this page: ${formatDateTime(since.at)}`}>
        Since {momentText(since.at, Date.now() / 1000)}
      </span>
      {since.ended === 0 && since.bests.length === 0 && <span className="muted">No run ended</span>}
      {since.ended > 0 && <Fact n={since.ended} what={since.ended === 1 ? 'run ended' : 'runs ended'} />}
      {since.failed > 0 && (
        <Link to={found(`${ended} and run.status in ["failed", "crashed"]`)} className={css.fact}>
          <Fact n={since.failed} what="failed" tone={ui.errText} />
        </Link>
      )}
      {since.bests.length > 0 && (
        <Link to={bestRuns(since.bests)} className={css.fact} title={best.join('\n')}>
          <Fact n={since.bests.length} what={since.bests.length === 1 ? 'new best' : 'new bests'} tone={ui.okText} />
        </Link>
      )}
      {since.ended > 0 && (
        <Link to={found(ended)} className={css.atEnd}>
          Show these runs
        </Link>
      )}
    </section>
  )
}

function bestRuns(bests: Since['bests']): string {
  return bests.length === 1
    ? `/runs/${bests[0]!.hash}`
    : found(`run.hash in ${JSON.stringify(bests.map((b) => b.hash))}`)
}

function Fact({ n, what, tone }: { n: number; what: ReactNode; tone?: string | undefined }) {
  return (
    <span className={cx(tone)}>
      <b>
        <Many n={n} />
      </b>{' '}
      {what}
    </span>
  )
}
