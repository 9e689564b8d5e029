// The shared worker of all tabs of this version of the UI at one address.

import { SharedStream, type ToStream } from './sharedStream'

const stream = new SharedStream((url) => new EventSource(url))

;(self as unknown as { onconnect: (e: MessageEvent) => void }).onconnect = (e) => {
  const port = e.ports[0]!
  port.onmessage = ({ data }: MessageEvent<ToStream>) => {
    if (data === 'leave') stream.leave(port)
    else stream.want(port, data.want)
  }
  // Known to newer browsers: the tab crashed.
  port.addEventListener('close', () => stream.leave(port))
}
