// The rail at the left: the pages, whether the page is live, settings and keys.

import { Activity, Keyboard, Settings } from 'lucide-react'
import { useFrame } from '../base/frame'
import { useLive } from '../base/live/live'
import { usePlace } from '../base/route'
import { useSettings } from '../base/stores'
import { cx, Link } from '../widgets/basics'
import { isCurrent, linkTo, MENU_PAGES } from './registry'
import { SettingsMenu } from './SettingsMenu'
import css from '../widgets/shell.module.css'

export function Rail() {
  const { path } = usePlace()
  const isOpen = useSettings((s) => s.railOpen)
  return (
    <nav className={cx(css.rail, isOpen && css.railOpen)} aria-label="Pages">
      {MENU_PAGES.map((page) => {
        const Icon = page.menu.icon
        return (
          <Link
            key={page.name}
            to={linkTo(page)}
            className={css.railItem}
            aria-current={isCurrent(page, path) ? 'page' : undefined}
            aria-label={page.title}
          >
            <Icon size={16} strokeWidth={1.5} />
            <span className={css.railLabel}>{page.title}</span>
          </Link>
        )
      })}
      <div className={css.spacer} />
      <LiveItem />
      <SettingsMenu
        trigger={(p) => (
          <button type="button" className={css.railItem} aria-label="Settings" {...p}>
            <Settings size={16} strokeWidth={1.5} />
            <span className={css.railLabel}>Settings</span>
          </button>
        )}
      />
      <button
        type="button"
        className={css.railItem}
        aria-label="Keys"
        onClick={() => useFrame.setState({ help: true })}
      >
        <Keyboard size={16} strokeWidth={1.5} />
        <span className={css.railLabel}>Keys</span>
      </button>
    </nav>
  )
}

function LiveItem() {
  const { state, retryIn, toggle } = useLive()
  const text =
    state === 'live'
      ? 'Live'
      : state === 'paused'
        ? 'Paused'
        : state === 'connecting'
          ? 'Connecting'
          : `Reconnecting in ${retryIn} s`
  return (
    <button
      type="button"
      className={css.railItem}
      onClick={toggle}
      aria-label={`${text}. ${state === 'paused' ? 'Resume' : 'Pause'} live updates`}
    >
      {state === 'paused' ? (
        <Activity size={16} strokeWidth={1.5} />
      ) : (
        <span className={cx(css.dot, state === 'live' ? css.dotLive : css.dotWarn)} />
      )}
      <span className={css.railLabel}>{text}</span>
    </button>
  )
}
