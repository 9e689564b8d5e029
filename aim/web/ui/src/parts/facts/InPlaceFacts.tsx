// Logs of another tool: where they are, which parts Aim does not show, and what could not be read.

import { TriangleAlert } from 'lucide-react'
import type { InPlace } from '../../base/api/types'
import { formatCount, plural } from '../../base/format'
import ui from '../../widgets/ui.module.css'
import css from '../../widgets/pages.module.css'

export function InPlaceFacts({ found }: { found: InPlace }) {
  const more = found.problem_count - found.problems.length
  return (
    <>
      <dl className={css.kv}>
        {found.places.map((place, i) => [
          <dt key={`${place}-t`}>{i > 0 ? '' : found.places.length > 1 ? 'Folders' : 'Folder'}</dt>,
          <dd key={place} className="mono">
            {place}
          </dd>,
        ])}
        {found.not_shown.length > 0 && (
          <>
            <dt>Not shown yet</dt>
            <dd>{found.not_shown.map((n) => `${n.kind} (${formatCount(n.count)})`).join(', ')}</dd>
          </>
        )}
      </dl>
      {found.problem_count > 0 && (
        <details className={css.problems}>
          <summary className={ui.warnText}>
            <TriangleAlert size={14} strokeWidth={1.5} aria-hidden /> {plural(found.problem_count, 'place')} could not
            be read
          </summary>
          <ul>
            {found.problems.map((line, i) => (
              <li key={i} className="mono">
                {line}
              </li>
            ))}
            {more > 0 && <li className="muted">and {formatCount(more)} more</li>}
          </ul>
        </details>
      )}
    </>
  )
}
