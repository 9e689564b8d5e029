// The server as `fetch` sees it, with answers that a real one gave (scripts/record_ui_answers.py).

import { vi } from 'vitest'
import answers from './answers.json'

type Answers = Readonly<Record<string, string>>

/** Help is the same whatever the repo holds. */
const HELP: Answers = {
  'GET help': JSON.stringify({
    groups: [
      {
        title: 'Questions',
        pages: [
          { name: 'aimql', title: 'AimQL', sections: [{ id: 'fields-of-a-run', title: 'Fields of a run', level: 2 }] },
        ],
      },
    ],
    hits: [],
  }),
  'GET help/readme': JSON.stringify({
    name: 'readme',
    title: 'Documentation',
    text: '# Documentation\n\nWith every version.\n\n- [The query language](aimql.md): of questions\n',
  }),
}

const TRASHED = { hash: 'f'.repeat(24), name: 'diverged', experiment: 'digits', created_at: 1.7e9, deleted_at: 1.7e9 }

export const FULL: Answers = {
  ...answers.full,
  ...HELP,
  'GET trash': JSON.stringify({ total: 1, runs: [TRASHED] }),
}
export const EMPTY: Answers = { ...answers.empty, ...HELP, 'GET trash': JSON.stringify({ total: 0, runs: [] }) }
/** The run whose answer is recorded. */
export const RUN = JSON.parse(answers.full['GET runs/:hash']) as { hash: string; name: string }

/** What was asked, as the keys of the answers are written. */
export interface FakeServer {
  readonly asked: string[]
  /** Questions without an answer: a page that asks them is not tested yet. */
  readonly unknown: string[]
}

/** @param failing Which questions get an error of the server. */
export function serve(from: Answers, failing: (question: string) => boolean = () => false): FakeServer {
  const server: FakeServer = { asked: [], unknown: [] }
  const answer = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { pathname, search } = new URL(String(url), location.href)
    const question = `${init?.method ?? 'GET'} ${pathname.replace(/^\/api\/v1\//, '')}`
    server.asked.push(question)
    if (failing(question)) return refusal(500, 'internal', 'The disk is on fire')
    const known = from[question] ?? from[`${question}${search}`]
    if (known !== undefined) return reply(question, known)
    if (question.startsWith('GET runs/')) {
      if (question === `GET runs/${RUN.hash}` && 'GET runs/:hash' in from)
        return reply(question, from['GET runs/:hash']!)
      return refusal(404, 'not_found', 'no such run')
    }
    if (question.startsWith('GET query/names')) return reply(question, from['GET query/names?prefix=']!)
    server.unknown.push(question)
    return refusal(404, 'not_found', 'not recorded')
  }
  vi.stubGlobal('fetch', vi.fn(answer))
  return server
}

function reply(question: string, text: string): Response {
  if (question !== 'POST metrics/frame') return new Response(text, { status: 200 })
  return new Response(
    Uint8Array.from(atob(text), (c) => c.charCodeAt(0)),
    { status: 200 },
  )
}

function refusal(status: number, code: string, message: string): Response {
  return new Response(JSON.stringify({ error: { code, message } }), { status })
}
