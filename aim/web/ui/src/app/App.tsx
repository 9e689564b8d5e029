import { useQueryClient } from '@tanstack/react-query'
import { Suspense, useEffect } from 'react'
import { useFrame } from '../base/frame'
import { useKeys, type KeyDef } from '../base/keys'
import { noteVersion } from '../base/live/live'
import { useInfo, useLiveChange, useThrottled } from '../base/queries'
import { usePlace } from '../base/route'
import { noteReadOnly } from '../base/storedViews'
import { Writes } from '../parts/edits/Writes'
import { FrameParts } from '../widgets/PageHeader'
import { Toasts } from '../widgets/Toasts'
import { AddressNotes } from './AddressNotes'
import { Banner } from './Banner'
import { ErrorBoundary } from './ErrorBoundary'
import { KeysDialog } from './KeysDialog'
import { NotFound } from './NotFound'
import { PagesMenu } from './PagesMenu'
import { Palette } from './Palette'
import { Rail } from './Rail'
import { ALL_ACTIONS, applies, pageAt } from './registry'
import { StoredView } from './StoredView'
import css from '../widgets/shell.module.css'

const FRAME_PARTS = { menu: <PagesMenu />, notes: <AddressNotes /> }

const KEYS: readonly KeyDef[] = ALL_ACTIONS.flatMap((a) =>
  a.keys === undefined ? [] : [{ key: a.keys, does: a.label, run: () => applies(a) && a.perform() }],
)

export function App() {
  const place = usePlace()
  const { help, palette } = useFrame()
  useServerFacts()
  useKeys(KEYS)
  return (
    <>
      <SkipLink />
      <div className={css.app}>
        <Banner />
        <Rail />
        <FrameParts value={FRAME_PARTS}>
          <main className={css.main} id="content" tabIndex={-1}>
            <ErrorBoundary key={place.path}>
              {place.hash === undefined ? (
                <CurrentPage path={place.path} />
              ) : (
                <StoredView key={place.hash} path={place.path} hash={place.hash} />
              )}
            </ErrorBoundary>
          </main>
        </FrameParts>
      </div>
      <Writes />
      <Toasts />
      {help && <KeysDialog onClose={() => useFrame.setState({ help: false })} />}
      {palette && <Palette onClose={() => useFrame.setState({ palette: false })} />}
    </>
  )
}

function CurrentPage({ path }: { path: string }) {
  const found = pageAt(path)
  if (!found) return <NotFound path={path} />
  const Page = found.page.component
  return (
    <Suspense>
      <Page parts={found.parts} />
    </Suspense>
  )
}

/** Keeps what the server says of itself up to date, and hands it on. */
function useServerFacts(): void {
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
}

function SkipLink() {
  return (
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
  )
}
