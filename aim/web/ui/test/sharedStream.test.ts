import { describe, expect, it } from 'vitest'
import { SharedStream, type FromStream, type Source } from '../src/base/live/sharedStream'

class Wire implements Source {
  readyState = 0
  onerror: ((e: Event) => void) | null = null
  closed = false
  private readonly listeners = new Map<string, (e: Event) => void>()
  addEventListener(type: string, f: (e: Event) => void) {
    this.listeners.set(type, f)
  }
  close() {
    this.closed = true
    this.readyState = 2
  }
  open() {
    this.readyState = 1
  }
  greet() {
    this.open()
    this.say('hello')
  }
  say(type: string, data = '') {
    this.listeners.get(type)?.(new MessageEvent(type, { data }))
  }
}

function make() {
  const wires: Wire[] = []
  const clock = { now: 0 }
  const stream = new SharedStream(
    () => {
      const w = new Wire()
      wires.push(w)
      return w
    },
    () => clock.now,
  )
  const tab = () => {
    const heard: FromStream[] = []
    return { heard, postMessage: (m: FromStream) => void heard.push(m) }
  }
  return { wires, clock, stream, tab }
}

describe('one stream for all tabs', () => {
  it('is opened once, passed to every tab, and closed with the last', () => {
    const { wires, stream, tab } = make()
    const [a, b, late] = [tab(), tab(), tab()]
    stream.want(a, '/live')
    stream.want(b, '/live')
    wires[0]!.open()
    stream.want(late, '/live')
    expect([a.heard, late.heard]).toEqual([[], []]) // nothing is sent yet
    wires[0]!.say('hello')
    wires[0]!.say('change', '{}')
    wires[0]!.say('ping')
    const all: FromStream[] = [{ kind: 'open' }, { kind: 'change', data: '{}' }, { kind: 'heard' }]
    expect([a.heard, b.heard, late.heard]).toEqual([all, all, all])
    stream.leave(a)
    stream.leave(b)
    expect(wires[0]!.closed).toBe(false)
    stream.leave(late)
    expect(wires.map((w) => w.closed)).toEqual([true])
  })

  it('is opened once again when it was lost, however many tabs ask', () => {
    const { wires, stream, tab } = make()
    const [a, b] = [tab(), tab()]
    stream.want(a, '/live')
    stream.want(b, '/live')
    wires[0]!.onerror?.(new Event('error'))
    expect([a.heard, b.heard, wires[0]!.closed]).toEqual([[{ kind: 'lost' }], [{ kind: 'lost' }], true])
    stream.want(a, '/live')
    stream.want(b, '/live')
    wires[1]!.greet()
    expect(wires.length).toBe(2)
    expect(b.heard).toEqual([{ kind: 'lost' }, { kind: 'open' }])
  })

  it('is given up when it has been silent for long', () => {
    const { wires, clock, stream, tab } = make()
    const a = tab()
    stream.want(a, '/live')
    wires[0]!.greet()
    clock.now = 30_000
    stream.want(a, '/live')
    expect(wires[0]!.closed).toBe(false)
    clock.now = 50_000
    stream.want(a, '/live')
    expect([a.heard.at(-1), wires[0]!.closed]).toEqual([{ kind: 'lost' }, true])
  })
})
