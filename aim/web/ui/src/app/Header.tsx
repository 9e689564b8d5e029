import { Moon, Share2, Sun, SunMoon } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { Button } from '../ui/basics'
import { MenuItem, MenuLine, MenuTitle, Popover } from '../ui/Popover'
import { useLive } from './live'
import css from './shell.module.css'
import { shareLink } from './storedViews'
import { nextTheme, useSettings, type Density, type Theme } from './stores'

export function Header({ title, children, actions }: { title: ReactNode; children?: ReactNode; actions?: ReactNode }) {
  const theme = useSettings((s) => s.theme)
  useEffect(() => {
    if (typeof title === 'string') document.title = `${title} · Aim`
  }, [title])
  const Icon = theme === 'dark' ? Moon : theme === 'light' ? Sun : SunMoon
  return (
    <header className={css.header}>
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

const THEMES: readonly Theme[] = ['system', 'light', 'dark']
const DENSITIES: readonly Density[] = ['compact', 'regular']

export function SettingsMenu({ trigger }: { trigger: Parameters<typeof Popover>[0]['trigger'] }) {
  const s = useSettings()
  return (
    <Popover label="Settings" menu trigger={trigger}>
      {() => (
        <>
          <MenuTitle>Theme</MenuTitle>
          {THEMES.map((t) => <MenuItem key={t} checked={s.theme === t} onSelect={() => s.set({ theme: t })}>{t === 'system' ? 'As the system' : t === 'light' ? 'Light' : 'Dark'}</MenuItem>)}
          <MenuLine />
          <MenuTitle>Rows</MenuTitle>
          {DENSITIES.map((d) => <MenuItem key={d} checked={s.density === d} onSelect={() => s.set({ density: d })}>{d === 'compact' ? 'Compact' : 'Regular'}</MenuItem>)}
          <MenuLine />
          <MenuItem checked={s.keys} onSelect={() => s.set({ keys: !s.keys })}>Single keys act</MenuItem>
        </>
      )}
    </Popover>
  )
}
