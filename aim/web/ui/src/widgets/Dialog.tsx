import { useEffect, useRef, type ReactNode } from 'react'
import { cx } from './basics'
import css from './ui.module.css'

/** A modal question. The browser's own dialog keeps the focus inside and gives it back. */
export function Dialog({
  title,
  children,
  onClose,
  wide = false,
  className,
}: {
  title: string
  children: ReactNode
  onClose: () => void
  wide?: boolean
  className?: string
}) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const d = ref.current
    if (!d) return
    const before = document.activeElement
    d.showModal()
    d.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return () => {
      d.close()
      // A dialog that has left the page does not give the focus back. Later, as the Enter that closed it would press the
      // button that gets the focus.
      setTimeout(() => {
        if (before instanceof HTMLElement && document.activeElement === document.body) before.focus()
      })
    }
  }, [])
  return (
    <dialog
      ref={ref}
      className={cx(css.dialog, className)}
      aria-label={title}
      style={wide ? { maxWidth: 'min(640px, calc(100vw - 32px))' } : undefined}
      onCancel={(e) => {
        e.preventDefault()
        onClose()
      }}
      onClick={(e) => {
        if (e.target === ref.current) onClose()
      }}
    >
      <h2>{title}</h2>
      {children}
    </dialog>
  )
}

export function DialogButtons({ children }: { children: ReactNode }) {
  return <div className={css.dialogButtons}>{children}</div>
}
