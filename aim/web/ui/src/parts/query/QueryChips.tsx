// The controls beside the query. Where there is little room they wait behind one button.

import { SlidersHorizontal } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { Button, cx } from '../../widgets/basics'
import css from '../../widgets/shell.module.css'

export function QueryChips({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <span className={css.chipsToggle}>
        <Button on={open} aria-expanded={open} onClick={() => setOpen(!open)}>
          <SlidersHorizontal size={14} strokeWidth={1.5} /> Controls
        </Button>
      </span>
      <div className={cx(css.queryChips, open && css.chipsOpen)}>{children}</div>
    </>
  )
}
