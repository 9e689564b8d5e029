import { Activity, CircleHelp, Settings } from 'lucide-react'
import { useQueryClient } from '@tanstack/react-query'
import { Component, useEffect, useState, type ReactNode } from 'react'
import { HomePage } from '../features/home/HomePage'
import { MetricsPage } from '../features/metrics/MetricsPage'
import { NotFound } from './NotFound'
import { RunPage } from '../features/run/RunPage'
import { RunsPage } from '../features/runs/RunsPage'
import { Button, cx, Failed, Link } from '../widgets/basics'
import { Dialog } from '../widgets/Dialog'
import { formatClock } from '../base/format'
import { Toasts } from '../widgets/Toasts'
import { Writes } from '../parts/edits/Writes'
import { useFrame } from '../base/frame'
import { FrameParts, PageHeader } from '../widgets/PageHeader'
import { AddressNotes } from './AddressNotes'
import { registeredKeys, useKeys } from '../base/keys'
import { noteVersion, useLive } from '../base/live/live'
import { PAGE_KEYS } from './pageKeys'
import { PAGES, PagesMenu } from './PagesMenu'
import { Palette } from './Palette'
import { useInfo, useLiveChange, useThrottled } from '../base/queries'
import { usePlace } from '../base/route'
import { SettingsMenu } from './SettingsMenu'
import { StoredView } from './StoredView'
import { noteReadOnly } from '../base/storedViews'
import css from '../widgets/shell.module.css'
import { nextTheme, useSettings } from '../base/stores'

const FRAME_PARTS = { menu: <PagesMenu />, notes: <AddressNotes /> }

export function App() {
  const place = usePlace()
  const { help, palette } = useFrame()
  const setHelp = (open: boolean) => useFrame.setState({ help: open })
  const setPalette = (open: boolean) => useFrame.setState({ palette: open })
  const settings = useSettings()
  const toggleLive = useLive((s) => s.toggle)
  const queries = useQueryClient()
  const refresh = useThrottled(
    () => Promise.all(['info', 'home'].map((name) => queries.invalidateQueries({ queryKey: [name] }))),
    2000,
  )
  useLiveChange(refresh)
  const info = useInfo().data
  const seen = info?.version
  useEffect(() => {
    if (seen) noteVersion(seen)
  }, [seen])
  const readOnly = info?.read_only
  useEffect(() => {
    if (readOnly !== undefined) noteReadOnly(readOnly)
  }, [readOnly])
  useKeys([
    ...PAGE_KEYS,
    { key: 'Ctrl+k', does: 'Find pages, runs and actions', run: () => setPalette(true) },
    { key: '?', does: 'This list', run: () => setHelp(true) },
    { key: '.', does: 'Pause or resume live', run: toggleLive },
    { key: '[', does: 'Labels of the rail', run: () => settings.set({ railOpen: !settings.railOpen }) },
    { key: 'Shift+D', does: 'Light, dark, system', run: nextTheme },
  ])
  return (
    <>
      <a
        className={css.skip}
        href="#content"
        onClick={(e) => {
          e.preventDefault()
          document.getElementById('content')?.focus()
        }}
      >
        Skip to content
      </a>
      <div className={css.app}>
        <Banner />
        <nav className={cx(css.rail, settings.railOpen && css.railOpen)} aria-label="Pages">
          {PAGES.map(({ to, label, icon: Icon, is }) => (
            <Link
              key={to}
              to={to}
              className={css.railItem}
              aria-current={is(place.path) ? 'page' : undefined}
              aria-label={label}
            >
              <Icon size={16} strokeWidth={1.5} />
              <span className={css.railLabel}>{label}</span>
            </Link>
          ))}
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
          <button type="button" className={css.railItem} aria-label="Help" onClick={() => setHelp(true)}>
            <CircleHelp size={16} strokeWidth={1.5} />
            <span className={css.railLabel}>Help</span>
          </button>
        </nav>
        <FrameParts value={FRAME_PARTS}>
          <main className={css.main} id="content" tabIndex={-1}>
            <Boundary key={place.path}>
              {place.hash === undefined ? (
                pageFor(place.path)
              ) : (
                <StoredView key={place.hash} path={place.path} hash={place.hash} />
              )}
            </Boundary>
          </main>
        </FrameParts>
      </div>
      <Writes />
      <Toasts />
      {help && <KeysDialog onClose={() => setHelp(false)} />}
      {palette && <Palette onClose={() => setPalette(false)} />}
    </>
  )
}

function pageFor(path: string): ReactNode {
  if (path === '/') return <HomePage />
  if (path === '/runs' || path === '/runs/') return <RunsPage />
  if (path === '/metrics') return <MetricsPage />
  const run = /^\/runs\/([^/]+)$/.exec(path)
  if (run) return <RunPage key={run[1]} hash={run[1]!} />
  return <NotFound path={path} />
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

function Banner() {
  const live = useLive()
  const info = useInfo()
  if (live.state === 'reconnecting') {
    return (
      <div className={cx(css.banner, css.bannerBad)} role="status">
        <b>Server not reachable</b> · {live.retryIn > 0 ? `retrying in ${live.retryIn} s` : 'retrying'} · data as of{' '}
        {formatClock(live.heardAt)}
        <Button small onClick={live.retry}>
          Retry now
        </Button>
      </div>
    )
  }
  if (live.upgraded) {
    return (
      <div className={css.banner} role="status">
        A new version is running
        <Button small onClick={() => location.reload()}>
          Reload
        </Button>
      </div>
    )
  }
  const behind = info.data?.catching_up
  if (behind) {
    const share = behind.total > 0 ? `: ${Math.floor((100 * behind.done) / behind.total)} %` : ''
    return (
      <div className={css.banner} role="status">
        Index is catching up{share} · results are incomplete
      </div>
    )
  }
  return null
}

const KEY_NAMES: Readonly<Record<string, string>> = {
  Escape: 'Esc',
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
}

function KeysDialog({ onClose }: { onClose: () => void }) {
  const [keys] = useState(registeredKeys)
  const [hasCharts] = useState(() => document.querySelector('[data-chart]') !== null)
  return (
    <Dialog title="Keys of this page" onClose={onClose}>
      <div style={{ maxHeight: '60vh', overflow: 'auto' }} tabIndex={0} aria-label="Keys">
        <table className={css.keysTable}>
          <tbody>
            {keys.map((k) => (
              <tr key={k.key}>
                <td>
                  {k.key.split(/[ +](?=.)/).map((p, i) => (
                    <kbd key={i} style={{ marginRight: 4 }}>
                      {KEY_NAMES[p] ?? (k.key.startsWith('Ctrl+') ? p[0]!.toUpperCase() + p.slice(1) : p)}
                    </kbd>
                  ))}
                </td>
                <td>{k.does}</td>
              </tr>
            ))}
            {hasCharts && (
              <tr>
                <td>on a chart</td>
                <td>arrows move the crosshair and the line, Shift ×10, Enter pins, + − 0 zoom, l log, f expand</td>
              </tr>
            )}
            {hasCharts && (
              <tr>
                <td>with the mouse</td>
                <td>drag zooms x, Shift drag both, Alt drag pans, Ctrl wheel zooms, double click goes back</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <div style={{ display: 'flex', justifyContent: 'flex-end', marginTop: 12 }}>
        <Button data-autofocus="" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  )
}

/** A page that breaks says so and leaves the frame usable. */
class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null }
  static getDerivedStateFromError(error: unknown) {
    return { error }
  }
  override render() {
    return this.state.error ? (
      <>
        <PageHeader title="Error" />
        <Failed error={this.state.error} retry={() => this.setState({ error: null })} />
      </>
    ) : (
      this.props.children
    )
  }
}
