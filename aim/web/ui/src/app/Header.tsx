import { Moon, Share2, Sun, SunMoon } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { Button } from '../ui/basics'
import { AddressNotes } from './AddressNotes'
import { useLive } from './live'
import { PagesMenu } from './PagesMenu'
import css from './shell.module.css'
import { shareLink } from './storedViews'
import { nextTheme, useSettings } from './stores'

export function Header({ title, children, actions }: { title: ReactNode; children?: ReactNode; actions?: ReactNode }) {
  const theme = useSettings((s) => s.theme)
  useEffect(() => {
    if (typeof title === 'string') document.title = `${title} · Aim`
  }, [title])
  const Icon = theme === 'dark' ? Moon : theme === 'light' ? Sun : SunMoon
  return (
    <>
      <header className={css.header}>
        <PagesMenu />
        {typeof title === 'string' ? <h1>{title}</h1> : title}
        {children}
        <div className={css.headerRight}>
          {actions}
          <Button aria-label="Share link" onClick={() => void shareLink()}>
            <Share2 size={14} strokeWidth={1.5} /> <span className="wide-only">Share link</span>
          </Button>
          <Button icon aria-label={`Theme: ${theme}. Change it`} title={`Theme: ${theme} (Shift+D)`} onClick={nextTheme}>
            <Icon size={16} strokeWidth={1.5} />
          </Button>
        </div>
      </header>
      <AddressNotes />
    </>
  )
}

export function Count({ children, title }: { children: ReactNode; title?: string }) {
  return <span className={css.count} title={title}>{children}</span>
}

export function LiveChip() {
  const { state, retryIn, toggle } = useLive()
  const text = state === 'live' ? 'Live' : state === 'paused' ? 'Paused' : state === 'connecting' ? 'Connecting' : `Reconnecting${retryIn > 0 ? ` in ${retryIn} s` : ''}`
  return (
    <button type="button" className={css.count} onClick={toggle} title={state === 'paused' ? 'Resume (.)' : 'Pause (.)'} style={{ cursor: 'pointer' }}>
      <span className={`${css.dot} ${state === 'live' ? css.dotLive : state === 'paused' ? css.dotOff : css.dotWarn}`} style={{ margin: 0 }} />
      {text}
    </button>
  )
}
