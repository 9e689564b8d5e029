import { ChevronDown, ChevronRight } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { formatCount } from '../../../base/format'
import pages from '../../../widgets/pages.module.css'
import ui from '../../../widgets/ui.module.css'
import css from './columns.module.css'
import { leavesOf, type Branch, type Leaf } from './columnsTree'

/** Leaves in the document at most; the search finds the others. */
const MOST = 400
/** Branches with more leaves are closed at first. */
const MOST_OPEN = 12
/** By depth, CSS px. */
const INDENT = 14

interface Props {
  readonly root: Branch
  readonly chosen: ReadonlySet<string>
  /** The tree is what a search found: all of it is open. */
  readonly isSearch: boolean
  readonly onChoose: (leaves: readonly Leaf[], on: boolean) => void
}

export function ColumnTree({ root, chosen, isSearch, onChoose }: Props) {
  const { toggled, toggle } = useToggled()
  let drawn = 0
  const draw = (b: Branch, depth: number): ReactNode => {
    const leaves = leavesOf(b)
    const isOpen = isSearch || isOpenAtFirst(b, leaves.length, depth) !== toggled.has(b.path)
    const indent = INDENT * (depth - 1)
    return (
      <div key={b.path} role="group" aria-label={b.label}>
        <BranchRow {...{ label: b.label, indent, leaves, chosen, isOpen, onChoose }} onToggle={() => toggle(b.path)} />
        {isOpen && [...b.branches.values()].map((c) => draw(c, depth + 1))}
        {isOpen &&
          b.leaves.map((leaf) =>
            ++drawn > MOST ? null : <LeafRow key={leaf.id} {...{ leaf, indent, chosen, onChoose }} />,
          )}
      </div>
    )
  }
  const branches = [...root.branches.values()].map((b) => draw(b, 1))
  return (
    <div className={css.tree} tabIndex={0} role="region" aria-label="Columns">
      {branches}
      {branches.length === 0 && <div className={ui.menuTitle}>No matches</div>}
      {drawn > MOST && <div className={ui.menuTitle}>{formatCount(drawn - MOST)} more: search for them</div>}
    </div>
  )
}

/** Paths of the branches that are not as they are at first. */
function useToggled() {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set())
  const toggle = (path: string) =>
    setToggled((s) => {
      const next = new Set(s)
      if (!next.delete(path)) next.add(path)
      return next
    })
  return { toggled, toggle }
}

/** Top branches and small ones are open. */
function isOpenAtFirst(b: Branch, leaves: number, depth: number): boolean {
  const isSmall = leaves <= MOST_OPEN
  return depth === 1 ? b.path !== 'Metrics' || isSmall : b.path.startsWith('Params') && isSmall
}

interface BranchProps extends Pick<Props, 'chosen' | 'onChoose'> {
  readonly label: string
  readonly indent: number
  readonly leaves: readonly Leaf[]
  readonly isOpen: boolean
  readonly onToggle: () => void
}

function BranchRow({ label, indent, leaves, chosen, isOpen, onToggle, onChoose }: BranchProps) {
  const on = leaves.filter((l) => chosen.has(l.id)).length
  const Icon = isOpen ? ChevronDown : ChevronRight
  return (
    <div className={css.branch} style={{ paddingLeft: 6 + indent }}>
      <button
        type="button"
        className={pages.twisty}
        aria-expanded={isOpen}
        aria-label={`${isOpen ? 'Close' : 'Open'} ${label}`}
        onClick={onToggle}
      >
        <Icon size={14} strokeWidth={1.5} />
      </button>
      <label className={pages.pickerRow} style={{ padding: 0, flex: 1, minWidth: 0, fontWeight: 600 }}>
        <input
          type="checkbox"
          checked={on === leaves.length}
          ref={(e) => {
            if (e) e.indeterminate = on > 0 && on < leaves.length
          }}
          onChange={() => onChoose(leaves, on < leaves.length)}
        />
        <span>{label}</span>
        <small>
          {on > 0 ? `${formatCount(on)} of ` : ''}
          {formatCount(leaves.length)}
        </small>
      </label>
    </div>
  )
}

interface LeafProps extends Pick<Props, 'chosen' | 'onChoose'> {
  readonly leaf: Leaf
  readonly indent: number
}

function LeafRow({ leaf, indent, chosen, onChoose }: LeafProps) {
  const isChosen = chosen.has(leaf.id)
  return (
    <label className={pages.pickerRow} style={{ paddingLeft: 30 + indent }} title={leaf.full}>
      <input type="checkbox" checked={isChosen} onChange={() => onChoose([leaf], !isChosen)} />
      <span>{leaf.label}</span>
      <small>{leaf.hint}</small>
    </label>
  )
}
