import { X } from 'lucide-react'
import { dismissToast, useToasts } from '../base/stores'
import { Button, cx } from './basics'
import css from './ui.module.css'

export function Toasts() {
  const list = useToasts((s) => s.list)
  return (
    <div className={css.toasts} role="status" aria-live="polite">
      {list.map((t) => (
        <div key={t.id} className={cx(css.toast, t.kind === 'error' && css.toastError)}>
          <span>{t.text}</span>
          {t.action && (
            <Button
              small
              onClick={() => {
                t.action?.run()
                dismissToast(t.id)
              }}
            >
              {t.action.label}
            </Button>
          )}
          <Button small icon quiet aria-label="Dismiss" onClick={() => dismissToast(t.id)}>
            <X size={14} />
          </Button>
        </div>
      ))}
    </div>
  )
}
