import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { RunDetail } from '../src/base/api/types'

// A browser's storage, and a server with one run that compares versions as the real one does.
const storage = new Map<string, string>()
vi.stubGlobal('localStorage', {
  getItem: (k: string) => storage.get(k) ?? null,
  setItem: (k: string, v: string) => void storage.set(k, v),
  removeItem: (k: string) => void storage.delete(k),
})
vi.stubGlobal('document', { querySelector: () => null })

const server = {
  name: 'first',
  notes: new Map<string, string>(),
  version: 1,
  isUp: true,
  losesAnswer: false,
  asked: [] as string[],
}

function run(): RunDetail {
  return {
    hash: 'h',
    name: server.name,
    description: '',
    version: String(server.version),
    notes: [...server.notes].map(([id, text]) => ({ id, text, created_at: 0, edited_at: 0 })),
    tags: [],
    archived: false,
  } as unknown as RunDetail
}

vi.stubGlobal('fetch', async (_url: string, init: { body: string }) => {
  if (!server.isUp) throw new TypeError('no answer')
  const edit = JSON.parse(init.body) as {
    name?: string
    base_version?: string
    note?: { id: string; text: string | null }
  }
  server.asked.push(init.body)
  if (edit.base_version && edit.base_version !== String(server.version))
    return new Response(JSON.stringify({ error: { code: 'conflict', message: 'changed' }, run: run() }), {
      status: 409,
    })
  if (edit.name === 'refused')
    return new Response(JSON.stringify({ error: { code: 'bad_request', message: 'no such name' } }), { status: 400 })
  if (edit.name) server.name = edit.name
  if (edit.note?.text === null) server.notes.delete(edit.note.id)
  else if (edit.note) server.notes.set(edit.note.id, edit.note.text)
  server.version++
  if (server.losesAnswer) {
    server.losesAnswer = false
    throw new TypeError('the answer is lost')
  }
  return new Response(JSON.stringify(run()))
})

async function fresh() {
  vi.resetModules()
  const writes = await import('../src/base/api/writes')
  writes.useWrites.setState({ list: JSON.parse(storage.get('aim.writes') ?? '[]') })
  writes.setRepo('/repo')
  return writes
}

const settled = () => new Promise((done) => setTimeout(done, 20))
const rename = (name: string, base = server.version) => ({
  field: 'name' as const,
  hash: 'h',
  what: 'Name',
  edit: { name, base_version: String(base) },
  before: server.name,
})

beforeEach(() => {
  storage.clear()
  Object.assign(server, { name: 'first', notes: new Map(), version: 1, isUp: true, losesAnswer: false, asked: [] })
})

describe('writes', () => {
  it('are sent at once and leave nothing behind', async () => {
    const { write, useWrites } = await fresh()
    expect((await write(rename('second'))).kind).toBe('sent')
    expect([server.name, useWrites.getState().list.length, storage.size]).toEqual(['second', 0, 0])
  })

  it('wait while the server is unreachable, outlive the page, and are sent once', async () => {
    server.isUp = false
    const before = await fresh()
    expect((await before.write(rename('second'))).kind).toBe('kept')
    expect((await before.write(rename('third'))).kind).toBe('kept')
    expect(before.withWrites(run(), before.useWrites.getState().list).name).toBe('third')
    server.isUp = true
    const after = await fresh()
    await settled()
    expect(server.name).toBe('third')
    expect(server.asked).toHaveLength(1)
    expect(after.useWrites.getState().list).toEqual([])
  })

  it('wait, and say so, where the server goes before it reported which repo it serves', async () => {
    vi.stubGlobal('window', { addEventListener: () => {} })
    vi.resetModules()
    const w = await import('../src/base/api/writes')
    const { api } = await import('../src/base/api/client')
    w.startWrites()
    const early = w.write(rename('second'))
    server.isUp = false
    await expect(api.edit('h', {})).rejects.toThrow()
    expect((await early).kind).toBe('kept')
    expect((await w.write(rename('third'))).kind).toBe('kept')
    expect(w.useWrites.getState().list.map((o) => o.tries > 0)).toEqual([true])
    server.isUp = true
    w.setRepo('/repo')
    await settled()
    expect(server.name).toBe('third')
  })

  it('are not made twice where only the answer was lost', async () => {
    const w = await fresh()
    server.losesAnswer = true
    expect(
      (
        await w.write({
          field: 'note',
          hash: 'h',
          what: 'Note',
          edit: { base_version: '1', note: { id: 'n', text: 'learned' } },
          before: null,
        })
      ).kind,
    ).toBe('kept')
    w.flush()
    await settled()
    expect([...server.notes]).toEqual([['n', 'learned']])
    expect(w.useWrites.getState().list).toEqual([])
  })

  it('pass where something else of the run changed', async () => {
    const w = await fresh()
    server.version = 7
    expect((await w.write(rename('second', 1))).kind).toBe('sent')
    expect(server.name).toBe('second')
  })

  it('keep both texts where someone else was faster, until the user chooses', async () => {
    const w = await fresh()
    server.version = 2
    const mine = { ...rename('mine', 1), before: 'first' }
    server.name = 'theirs'
    expect((await w.write(mine)).kind).toBe('conflict')
    const [kept] = w.useWrites.getState().list
    expect([w.mine(kept!), kept!.theirs!.text, server.name]).toEqual(['mine', 'theirs', 'theirs'])
    w.flush()
    await settled()
    expect(server.name).toBe('theirs')
    w.choose(kept!, { text: 'mine' })
    await settled()
    expect([server.name, w.useWrites.getState().list.length]).toEqual(['mine', 0])
  })

  it('are rolled back when refused at once, and kept with the reason when they had waited', async () => {
    const w = await fresh()
    expect(await w.write(rename('refused'))).toEqual({ kind: 'refused', message: 'no such name' })
    expect(w.useWrites.getState().list).toEqual([])
    server.isUp = false
    await w.write(rename('refused'))
    server.isUp = true
    w.flush()
    await settled()
    expect(w.useWrites.getState().list[0]?.error).toBe('no such name')
  })

  it('of another repo at the same address stay where they are', async () => {
    server.isUp = false
    const w = await fresh()
    await w.write(rename('second'))
    server.isUp = true
    w.setRepo('/other')
    await settled()
    expect([server.name, w.useWrites.getState().list.length]).toEqual(['first', 1])
  })

  it('can be taken back while they wait', async () => {
    server.isUp = false
    const w = await fresh()
    await w.write(rename('second'))
    expect(w.cancel(w.useWrites.getState().list[0]!.id)).toBe(true)
    server.isUp = true
    w.flush()
    await settled()
    expect(server.name).toBe('first')
  })
})
