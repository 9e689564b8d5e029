import { Moon, Share2, Sun, SunMoon } from 'lucide-react'
import { createContext, useContext, useEffect, type ReactNode } from 'react'
import { Button } from './basics'
import { useLive } from '../base/live/live'
import css from './shell.module.css'
import { shareLink } from '../base/storedViews'
import { nextTheme, useSettings } from '../base/stores'

/** What the app puts into the header of every page: it knows the pages, the header does not. */
export const FrameParts = createContext<{ readonly menu: ReactNode; readonly notes: ReactNode }>({
  menu: null,
  notes: null,
})

export function PageHeader({
  title,
  children,
  search,
  actions,
}: {
  title: ReactNode
  children?: ReactNode
  search?: ReactNode
  actions?: ReactNode
}) {
  const theme = useSettings((s) => s.theme)
  const { menu, notes } = useContext(FrameParts)
  useEffect(() => {
    if (typeof title === 'string') document.title = `${title} · Aim`
  }, [title])
  const Icon = theme === 'dark' ? Moon : theme === 'light' ? Sun : SunMoon
  return (
    <>
      <header className={css.header}>
        {menu}
        {typeof title === 'string' ? <h1>{title}</h1> : title}
        {children}
        {search}
        <div className={css.headerRight}>
          {actions}
          <Button aria-label="Share link" onClick={() => void shareLink()}>
            <Share2 size={14} strokeWidth={1.5} /> <span className="wide-only">Share link</span>
          </Button>
          <Button
            icon
            aria-label={`Theme: ${theme}. Change it`}
            title={`Theme: ${theme} (Shift+D)`}
            onClick={nextTheme}
          >
            <Icon size={16} strokeWidth={1.5} />
          </Button>
        </div>
      </header>
      {notes}
    </>
  )
}

export function Count({ children, title }: { children: ReactNode; title?: string }) {
  return (
    <span className={css.count} title={title}>
      {children}
    </span>
  )
}

export function LiveChip() {
  const { state, retryIn, toggle } = useLive()
  const text =
    state === 'live'
      ? 'Live'
      : state === 'paused'
        ? 'Paused'
        : state === 'connecting'
          ? 'Connecting'
          : `Reconnecting${retryIn > 0 ? ` in ${retryIn} s` : ''}`
  return (
    <button
      type="button"
      className={css.count}
      onClick={toggle}
      title={state === 'paused' ? 'Resume (.)' : 'Pause (.)'}
      style={{ cursor: 'pointer' }}
    >
      <span
        className={`${css.dot} ${state === 'live' ? css.dotLive : state === 'paused' ? css.dotOff : css.dotWarn}`}
        style={{ margin: 0 }}
      />
      {text}
    </button>
  )
}
