import { ChevronDown, ChevronRight } from 'lucide-react'
import { formatCount } from '../../../base/format'
import css from './pane.module.css'
import type { Section } from './sections'

interface Props {
  readonly section: Section
  readonly isOpen: boolean
  /** What a line of its charts is. */
  readonly meaning: string
  readonly onToggle: () => void
}

/** What a section holds, and what is meant by its lines; opens and closes it. */
export function SectionHead({ section, isOpen, meaning, onToggle }: Props) {
  return (
    <div className={css.head}>
      <h2>
        <button type="button" aria-expanded={isOpen} onClick={onToggle}>
          {isOpen ? <ChevronDown size={16} /> : <ChevronRight size={16} />}
          {section.title}
        </button>
      </h2>
      <span>
        {formatCount(section.charts.length)} · {meaning}
      </span>
    </div>
  )
}
