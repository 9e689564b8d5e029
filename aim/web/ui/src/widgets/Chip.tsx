import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from './basics'
import { Popover } from './Popover'
import css from './ui.module.css'

/** A control as its value; opens a popover. × appears where the value is not the default. */
export function Chip({
  label,
  value,
  onReset,
  children,
  wide,
}: {
  label: string
  value: string
  onReset?: (() => void) | undefined
  children: (close: () => void) => ReactNode
  wide?: boolean
}) {
  return (
    <span className={cx(css.chip, onReset && css.chipSet)}>
      <Popover
        label={label}
        wide={wide ?? false}
        trigger={(p) => (
          <button type="button" {...p}>
            <span className={css.chipLabel}>{label}</span>
            <span className={css.value}>{value}</span>
          </button>
        )}
      >
        {children}
      </Popover>
      {onReset && (
        <button type="button" className={css.chipReset} aria-label={`Reset ${label}`} onClick={onReset}>
          <X size={12} />
        </button>
      )}
    </span>
  )
}
