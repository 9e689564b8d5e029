// Sorts by any column, shown or not.

import { ArrowDown, ArrowUp, X } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { ColumnsResult, SortKey } from '../../base/api/types'
import { formatCount } from '../../base/format'
import { Button } from '../../widgets/basics'
import { MenuItem, MenuTitle } from '../../widgets/Popover'
import ui from '../../widgets/ui.module.css'
import css from './columns/columns.module.css'
import { foundIn, sortSections, type SortOption } from './sortOptions'

/** Options of a section at first; a search shows more. */
const SHOWN = 6
const MOST = 60

interface Props {
  readonly sort: readonly SortKey[]
  readonly known: ColumnsResult | undefined
  /** The columns of the table, in order. */
  readonly list: readonly string[]
  readonly titleOf: (by: string) => string
  readonly onSort: (sort: readonly SortKey[]) => void
  readonly onChoose: (option: SortOption) => void
}

export function SortMenu({ sort, known, list, titleOf, onSort, onChoose }: Props) {
  const [text, setText] = useState('')
  const sections = useMemo(() => sortSections(known, list), [known, list])
  const found = foundIn(sections, text)
  const most = text.trim() ? MOST : SHOWN
  return (
    <div>
      <ul className={css.sortKeys} aria-label="Sorted by">
        {sort.map((s) => {
          const title = titleOf(s.by)
          return (
            <li key={s.by}>
              <span className="ellipsis">{title}</span>
              <Button
                small
                quiet
                aria-label={`${title}: ${s.desc ? 'descending' : 'ascending'}, turn round`}
                onClick={() => onSort(sort.map((o) => (o.by === s.by ? { ...o, desc: !o.desc } : o)))}
              >
                {s.desc ? <ArrowDown size={13} strokeWidth={1.5} /> : <ArrowUp size={13} strokeWidth={1.5} />}
                {s.desc ? 'descending' : 'ascending'}
              </Button>
              {sort.length > 1 && (
                <Button
                  small
                  icon
                  quiet
                  aria-label={`Do not sort by ${title}`}
                  onClick={() => onSort(sort.filter((o) => o.by !== s.by))}
                >
                  <X size={13} strokeWidth={1.5} />
                </Button>
              )}
            </li>
          )
        })}
      </ul>
      <input
        className={ui.input}
        data-autofocus
        placeholder="Find a column"
        aria-label="Find a column to sort by"
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
      <div className={css.sortList} role="menu" aria-label="Sort by">
        {found.map((section) => (
          <div key={section.title} role="group" aria-label={section.title}>
            <MenuTitle>{section.title}</MenuTitle>
            {section.options.slice(0, most).map((o) => (
              <MenuItem
                key={o.by}
                checked={sort.some((s) => s.by === o.by)}
                hint={o.hint || undefined}
                onSelect={() => onChoose(o)}
              >
                {o.title}
              </MenuItem>
            ))}
            {section.options.length > most && (
              <MenuTitle>{formatCount(section.options.length - most)} more: search for them</MenuTitle>
            )}
          </div>
        ))}
        {found.length === 0 && <MenuTitle>No column has this in its name</MenuTitle>}
      </div>
    </div>
  )
}
