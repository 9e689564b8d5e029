// A text field with a list of what is there below it, each with its count.

import { useId, useState, type RefObject } from 'react'
import ui from '../../widgets/ui.module.css'
import css from './QueryField.module.css'

export interface ComboOption {
  readonly value: string
  readonly hint: string
}

/** Options in the list at a time. */
const SHOWN = 60

interface Props {
  readonly label: string
  readonly value: string
  readonly options: readonly ComboOption[]
  readonly onChange: (value: string) => void
  /** One of the options was chosen. */
  readonly onChoose?: (value: string) => void
  readonly input?: RefObject<HTMLInputElement | null>
  readonly placeholder?: string
  readonly disabled?: boolean
  readonly isFirst?: boolean
}

export function Combo(props: Props) {
  const { label, value, options, onChange, onChoose, input, placeholder, disabled, isFirst } = props
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  const [at, setAt] = useState(-1)
  const list = isOpen ? matching(options, value) : []
  const choose = (chosen: string) => {
    onChange(chosen)
    setOpen(false)
    setAt(-1)
    onChoose?.(chosen)
  }
  return (
    <div className={css.combo}>
      <input
        ref={input}
        id={id}
        className={ui.input}
        role="combobox"
        aria-label={label}
        aria-expanded={list.length > 0}
        aria-controls={list.length > 0 ? `${id}-list` : undefined}
        aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
        aria-autocomplete="list"
        data-autofocus={isFirst || undefined}
        autoComplete="off"
        spellCheck={false}
        disabled={disabled}
        placeholder={placeholder}
        value={value}
        onFocus={() => setOpen(true)}
        onClick={() => setOpen(true)}
        onBlur={() => {
          setOpen(false)
          setAt(-1)
        }}
        onChange={(e) => {
          onChange(e.target.value)
          setOpen(true)
          setAt(-1)
        }}
        onKeyDown={(e) => {
          if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
            // The popover around it would move through its menu items.
            e.stopPropagation()
            e.preventDefault()
            if (list.length === 0) setOpen(true)
            else setAt((at + (e.key === 'ArrowDown' ? 1 : list.length + (at < 0 ? 0 : -1))) % list.length)
          } else if (e.key === 'Enter' && at >= 0 && list[at]) {
            e.preventDefault()
            choose(list[at].value)
          }
        }}
      />
      {list.length > 0 && (
        <ul className={css.comboList} id={`${id}-list`} role="listbox" aria-label={`${label}s there are`}>
          {list.map((o, i) => (
            <li
              key={o.value}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === at}
              className={css.item}
              onPointerDown={(e) => {
                // The field keeps the focus.
                e.preventDefault()
                choose(o.value)
              }}
              onPointerMove={() => setAt(i)}
            >
              <span className="ellipsis">{o.value}</span>
              <small>{o.hint}</small>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** Options that hold what was typed, those that begin with it first; none where it is one of them. */
export function matching(options: readonly ComboOption[], typed: string): ComboOption[] {
  const low = typed.trim().toLowerCase()
  if (options.some((o) => o.value.toLowerCase() === low)) return []
  const rank = (o: ComboOption) => {
    const at = o.value.toLowerCase().indexOf(low)
    return at < 0 ? -1 : at === 0 || '._/- '.includes(o.value[at - 1]!) ? 0 : 1
  }
  const found = options.filter((o) => rank(o) >= 0)
  return [...found.filter((o) => rank(o) === 0), ...found.filter((o) => rank(o) === 1)].slice(0, SHOWN)
}
