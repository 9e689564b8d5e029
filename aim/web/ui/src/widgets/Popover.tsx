import {
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type MouseEvent,
  type ReactNode,
  type RefObject,
} from 'react'
import { createPortal } from 'react-dom'
import { cx } from './basics'
import css from './ui.module.css'

interface TriggerProps {
  ref: RefObject<HTMLButtonElement | null>
  onClick: (e: MouseEvent) => void
  'aria-expanded': boolean
  'aria-haspopup': 'dialog' | 'menu'
  'aria-controls': string | undefined
}

interface Props {
  readonly label: string
  readonly trigger: (props: TriggerProps) => ReactNode
  readonly children: (close: () => void) => ReactNode
  readonly menu?: boolean
  readonly wide?: boolean
  readonly align?: 'start' | 'end'
}

/** Opens beside its trigger; Esc, a press outside, or `close` end it, and the focus returns. */
export function Popover({ label, trigger, children, menu = false, wide = false, align = 'start' }: Props) {
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const panel = useRef<HTMLDivElement>(null)
  const id = useId()
  const close = useCallback((focus = true) => {
    setOpen(false)
    if (focus) anchor.current?.focus({ preventScroll: true })
  }, [])

  useLayoutEffect(() => {
    if (!open || !panel.current || !anchor.current) return
    const p = panel.current
    const place = () => {
      const a = anchor.current?.getBoundingClientRect()
      if (!a) return
      const w = p.offsetWidth
      const h = p.offsetHeight
      let left = align === 'end' ? a.right - w : a.left
      left = Math.min(Math.max(8, left), innerWidth - w - 8)
      let top = a.bottom + 4
      if (top + h > innerHeight - 8 && a.top - h - 4 > 8) top = a.top - h - 4
      p.style.left = `${left}px`
      p.style.top = `${Math.max(8, Math.min(top, innerHeight - h - 8))}px`
    }
    place()
    const sizes = new ResizeObserver(place)
    sizes.observe(p)
    window.addEventListener('resize', place)
    const first =
      p.querySelector<HTMLElement>('[data-autofocus]') ??
      p.querySelector<HTMLElement>('input, textarea, [role^="menuitem"]:not(:disabled), button')
    first?.focus({ preventScroll: true })
    const down = (e: PointerEvent) => {
      const t = e.target as Node
      if (!p.contains(t) && !anchor.current?.contains(t)) close(false)
    }
    document.addEventListener('pointerdown', down, true)
    return () => {
      sizes.disconnect()
      window.removeEventListener('resize', place)
      document.removeEventListener('pointerdown', down, true)
    }
  }, [open, align, close])

  useEffect(() => {
    if (!open) return
    const key = (e: KeyboardEvent) => {
      if (e.key === 'Escape') {
        e.stopPropagation()
        e.preventDefault()
        close()
      }
    }
    document.addEventListener('keydown', key, true)
    return () => document.removeEventListener('keydown', key, true)
  }, [open, close])

  return (
    <>
      {trigger({
        ref: anchor,
        onClick: (e) => {
          e.stopPropagation()
          setOpen((o) => !o)
        },
        'aria-expanded': open,
        'aria-haspopup': menu ? 'menu' : 'dialog',
        'aria-controls': open ? id : undefined,
      })}
      {open &&
        createPortal(
          <div
            ref={panel}
            id={id}
            role={menu ? 'menu' : 'dialog'}
            aria-label={label}
            className={cx(css.pop, menu && css.menu)}
            style={wide ? { width: 360 } : undefined}
            onClick={(e) => e.stopPropagation()}
            onKeyDown={(e) => {
              if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
                const items = [
                  ...(panel.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled)') ?? []),
                ]
                if (items.length === 0) return
                e.preventDefault()
                const at = items.indexOf(document.activeElement as HTMLElement)
                items[(at + (e.key === 'ArrowDown' ? 1 : items.length - 1)) % items.length]?.focus()
              } else if (e.key === 'Tab' && menu) close()
            }}
          >
            {children(() => close())}
          </div>,
          document.body,
        )}
    </>
  )
}

export function MenuItem({
  children,
  onSelect,
  hint,
  checked,
  many = false,
  disabled,
  danger,
}: {
  children: ReactNode
  onSelect: () => void
  hint?: string | undefined
  checked?: boolean | undefined
  /** Several of its kind may be checked. */
  many?: boolean
  disabled?: boolean
  danger?: boolean
}) {
  return (
    <button
      type="button"
      role={checked === undefined ? 'menuitem' : many ? 'menuitemcheckbox' : 'menuitemradio'}
      aria-checked={checked}
      disabled={disabled}
      className={cx(css.menuItem, danger && css.errText)}
      onClick={onSelect}
    >
      {checked !== undefined && <span className={css.menuCheck}>{checked ? '✓' : ''}</span>}
      {children}
      {hint && <span className={css.hint}>{hint}</span>}
    </button>
  )
}

export function MenuTitle({ children }: { children: ReactNode }) {
  return <div className={css.menuTitle}>{children}</div>
}

export function MenuLine() {
  return <div className={css.menuLine} role="separator" />
}

/** A list to choose one of, with a search field when it is long. */
export function Choices<T extends string>({
  options,
  value,
  onChoose,
  close,
}: {
  options: readonly { value: T; label: string; hint?: string | undefined }[]
  value: T
  onChoose: (v: T) => void
  close: () => void
}) {
  const [text, setText] = useState('')
  const shown = text ? options.filter((o) => o.label.toLowerCase().includes(text.toLowerCase())) : options
  return (
    <div className={css.options}>
      {options.length > 9 && (
        <input
          className={css.input}
          placeholder="Find"
          aria-label="Find"
          value={text}
          onChange={(e) => setText(e.target.value)}
          style={{ marginBottom: 4 }}
        />
      )}
      <div role="menu">
        {shown.map((o) => (
          <MenuItem
            key={o.value}
            checked={o.value === value}
            hint={o.hint}
            onSelect={() => {
              onChoose(o.value)
              close()
            }}
          >
            {o.label}
          </MenuItem>
        ))}
      </div>
      {shown.length === 0 && <MenuTitle>No matches</MenuTitle>}
    </div>
  )
}
