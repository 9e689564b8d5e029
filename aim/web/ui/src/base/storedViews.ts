// Views too long for an address: stored on the server under the hash of their content, and read from there.

import { create } from 'zustand'
import { api, ApiError } from './api/client'
import type { Info } from './api/types'
import { currentPlace, isShort, LONGEST_SEARCH, onPlace, openStored, shorten, writePending, type Place } from './route'
import { copyText } from './stores'

/** A view that changes all the time (a zoom, a slider) is not stored all the time. */
const QUIET_MS = 800

interface Stored {
  /** Why the view that is shown has a long address; null: it has none. */
  readonly why: string | null
  /** Keys beside the hash of a stored view. */
  readonly beside: readonly string[]
}

export const useStored = create<Stored>(() => ({ why: null, beside: [] }))

let timer = 0
let asking: Promise<void> | null = null
/** Null until the server has answered. */
let isReadOnly: boolean | null = null

export function noteReadOnly(readOnly: boolean): void {
  isReadOnly = readOnly
  if (readOnly && !isShort(currentPlace())) useStored.setState({ why: READ_ONLY })
}

const READ_ONLY = 'this server is read-only'

async function keep(at: Place): Promise<void> {
  try {
    if (isReadOnly === null) noteReadOnly((await api.info()).read_only)
    if (isReadOnly) {
      useStored.setState({ why: READ_ONLY })
      return
    }
    const { hash } = await api.storeView(at.path, at.search.slice(1))
    shorten(at, hash)
    if (isShort(currentPlace())) useStored.setState({ why: null })
  } catch (e) {
    useStored.setState({
      why: e instanceof ApiError && e.status === 403 ? READ_ONLY : e instanceof Error ? e.message : String(e),
    })
  }
}

function changed(): void {
  clearTimeout(timer)
  timer = 0
  const at = currentPlace()
  if (isShort(at)) {
    if (useStored.getState().why !== null) useStored.setState({ why: null })
    return
  }
  timer = window.setTimeout(() => void settle(), QUIET_MS)
}

/** Waits until the address is what it is going to be. */
async function settle(): Promise<void> {
  clearTimeout(timer)
  timer = 0
  writePending()
  while (asking) await asking
  const at = currentPlace()
  if (isShort(at)) return
  asking = keep(at)
  await asking
  asking = null
}

export function startStoredViews(): void {
  onPlace(changed)
  changed()
}

/** Copies the address; of a long view the short one, where the server may store it. */
export async function shareLink(): Promise<void> {
  await settle()
  const { why } = useStored.getState()
  const copied =
    why !== null && currentPlace().search.length > LONGEST_SEARCH ? `Long link copied: ${why}` : 'Link copied'
  const { link, note } = linkForOthers(location.href, await api.info().catch(() => null))
  await copyText(link, copied + note)
}

const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/

/** A link that others can open, if there is one, and what to say of it. The token is never part of it. */
export function linkForOthers(
  href: string,
  info: Pick<Info, 'elsewhere' | 'needs_token'> | null,
): { link: string; note: string } {
  const token = info?.needs_token ? '. Others are asked for the token' : ''
  const { hostname, pathname, search, hash } = new URL(href)
  if (!LOOPBACK.test(hostname)) return { link: href, note: token }
  if (!info?.elsewhere)
    return { link: href, note: '. It opens on this machine only: others need a server with aim up --host' }
  const { origin } = new URL(info.elsewhere)
  return { link: origin + pathname + search + hash, note: `, with the name of this machine${token}` }
}

/** Reads the view that the address names. */
export async function openView(hash: string, signal: AbortSignal): Promise<void> {
  const beside = [...new URLSearchParams(location.search)]
    .filter(([k]) => k !== 'view')
    .map(([k, v]) => `${k}=${v}`.slice(0, 60))
  const view = await api.view(hash, signal)
  openStored(hash, view.page, `?${view.state}`)
  useStored.setState({ beside })
}
