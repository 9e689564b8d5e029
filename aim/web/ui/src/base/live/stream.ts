// The stream of events as a tab sees it: shared with the other tabs, or an own connection where a browser has no
// shared workers.

import { SharedStream, type FromStream, type ToStream } from './sharedStream'

export interface Stream {
  /** Begin to listen, or try again. */
  want(url: string): void
  leave(): void
}

export function makeStream(hear: (message: FromStream) => void): Stream {
  let own: Stream | null = null
  let wanted = ''
  const alone = (): Stream => {
    const stream = new SharedStream((url) => new EventSource(url))
    const port = { postMessage: hear }
    return { want: (url) => stream.want(port, url), leave: () => stream.leave(port) }
  }
  if (typeof SharedWorker === 'undefined') return alone()
  const worker = new SharedWorker(new URL('./stream.worker.ts', import.meta.url), { type: 'module', name: 'aim-live' })
  worker.port.onmessage = ({ data }: MessageEvent<FromStream>) => hear(data)
  // It could not be started, for example because the server is of another version than this page by now.
  worker.onerror = () => {
    own ??= alone()
    if (wanted) own.want(wanted)
  }
  const send = (message: ToStream) => worker.port.postMessage(message)
  // Otherwise the worker would serve a tab that is gone; a page that comes back from the cache asks again.
  addEventListener('pagehide', () => send('leave'))
  addEventListener('pageshow', (e) => {
    if (e.persisted && wanted && !own) send({ want: wanted })
  })
  return {
    want(url) {
      wanted = url
      if (own) own.want(url)
      else send({ want: url })
    },
    leave() {
      wanted = ''
      if (own) own.leave()
      else send('leave')
    },
  }
}
