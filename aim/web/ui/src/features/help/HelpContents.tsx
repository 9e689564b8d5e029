import type { RefObject } from 'react'
import type { HelpGroup } from '../../base/api/types'
import { Link } from '../../widgets/basics'
import css from './Help.module.css'
import { helpLink } from './helpAddress'

interface Props {
  readonly groups: readonly HelpGroup[]
  readonly page: string
  readonly at: string
  /** What scrolls; a heading that is in the address already is scrolled to again. */
  readonly pane: RefObject<HTMLDivElement | null>
}

/** The pages by group, and the headings of the one that is shown. */
export function HelpContents({ groups, page, at, pane }: Props) {
  return (
    <nav className={css.contents} aria-label="Contents">
      {groups.map((group) => (
        <section key={group.title}>
          <h2>{group.title}</h2>
          <ul>
            {group.pages.map((entry) => (
              <li key={entry.name}>
                <Link to={helpLink(entry.name)} aria-current={entry.name === page ? 'page' : undefined}>
                  {entry.title}
                </Link>
                {entry.name === page && (
                  <ul
                    onClick={(e) => {
                      const id = (e.target as HTMLElement).closest('a')?.dataset.section
                      if (id === at) pane.current?.querySelector(`#help-${CSS.escape(id)}`)?.scrollIntoView()
                    }}
                  >
                    {entry.sections
                      .filter((s) => s.level === 2)
                      .map((s) => (
                        <li key={s.id}>
                          <Link to={helpLink(page, s.id)} data-section={s.id}>
                            {s.title}
                          </Link>
                        </li>
                      ))}
                  </ul>
                )}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  )
}
