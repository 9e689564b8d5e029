// One stream of events for all tabs of a browser. Over HTTP/1.1 a browser opens six connections to a host: with a stream
// for each tab the sixth tab would leave none for its own questions, and stop every other.

export type ToStream = { readonly want: string } | 'leave'
export type FromStream =
  { readonly kind: 'open' | 'lost' | 'heard' } | { readonly kind: 'change'; readonly data: string }

/** What an EventSource is used for here. */
export interface Source {
  readonly readyState: number
  onerror: ((e: Event) => void) | null
  addEventListener(type: string, f: (e: Event) => void): void
  close(): void
}

interface Port {
  postMessage(message: FromStream): void
}

const OPEN = 1
/** The server says something every 15 s. A connection that is silent for longer has died without a word, as it does while
 * the machine sleeps. */
const SILENT_MS = 40_000

/** Lives in the shared worker. A tab that died without a word stays among the ports: what is sent to it goes nowhere. */
export class SharedStream {
  private readonly ports = new Set<Port>()
  private source: Source | null = null
  private heardAt = 0
  /** The server has looked: from here on it reports every change. */
  private greeted = false

  constructor(
    private readonly make: (url: string) => Source,
    private readonly now: () => number = Date.now,
  ) {}

  /** A tab wants to hear: at first, when it comes into sight, and after it heard that the stream is lost. */
  want(port: Port, url: string): void {
    this.ports.add(port)
    if (this.source) {
      if (this.source.readyState !== OPEN) return
      if (this.now() - this.heardAt >= SILENT_MS) this.lose()
      else if (this.greeted) port.postMessage({ kind: 'open' })
      return
    }
    const source = this.make(url)
    this.source = source
    this.heardAt = this.now()
    this.greeted = false
    source.addEventListener('hello', () => {
      this.greeted = true
      this.tell({ kind: 'open' })
    })
    source.onerror = () => this.lose()
    source.addEventListener('change', (e) => this.tell({ kind: 'change', data: (e as MessageEvent<string>).data }))
    source.addEventListener('ping', () => this.tell({ kind: 'heard' }))
  }

  /** A tab is paused, left or closed. */
  leave(port: Port): void {
    this.ports.delete(port)
    if (this.ports.size === 0) this.end()
  }

  /** The tabs say when to try again: they show how long it takes. */
  private lose(): void {
    this.end()
    this.tell({ kind: 'lost' })
  }

  private end(): void {
    if (this.source) this.source.onerror = null
    this.source?.close()
    this.source = null
  }

  private tell(message: FromStream): void {
    this.heardAt = this.now()
    for (const port of this.ports) port.postMessage(message)
  }
}
