// @vitest-environment happy-dom
// Each page of the registry is mounted in the app with data, without data, and with an error of the server.

import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, configure, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { App } from '../../src/app/App'
import { PAGES } from '../../src/app/registry'
import { client } from '../../src/base/queries'
import { navigate } from '../../src/base/route'
import { useSearches } from '../../src/base/search'
import { standInBrowser } from './browser'
import { EMPTY, FULL, RUN, serve, type FakeServer } from './fakeServer'

// A machine that is busy with other things still mounts each page.
configure({ asyncUtilTimeout: 20_000 })
vi.setConfig({ testTimeout: 60_000 })

const complaints = vi.spyOn(console, 'error')
const warnings = vi.spyOn(console, 'warn')

beforeEach(() => {
  complaints.mockClear()
  warnings.mockClear()
  standInBrowser()
  client.clear()
  useSearches.setState({ running: [], stopped: {}, broken: new Map(), answered: {} })
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
  expect(complaints.mock.calls).toEqual([])
  expect(warnings.mock.calls).toEqual([])
})

function open(path: string): void {
  navigate(path, 'replace')
  render(
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>,
  )
}

async function seen(text: string | RegExp): Promise<void> {
  await waitFor(() => expect(screen.getAllByText(text).length).toBeGreaterThan(0))
}

interface Mounts {
  readonly path: string
  /** Texts that only data, its absence, and an error bring. */
  readonly full: readonly (string | RegExp)[]
  readonly empty: readonly (string | RegExp)[]
  /** The question whose error it shows. */
  readonly question: (asked: string) => boolean
}

/** By name: a page that is not here fails below. */
const MOUNTS: Readonly<Record<string, Mounts>> = {
  home: {
    path: '/',
    full: [RUN.name, 'digits'],
    empty: ['No runs yet'],
    question: (q) => q === 'GET home',
  },
  runs: {
    path: '/runs',
    full: ['adamw-0', 'sgd-1', 'adamw-2'],
    empty: ['No runs yet'],
    question: (q) => q === 'POST runs/search',
  },
  metrics: {
    path: '/metrics',
    full: ['loss', 'acc'],
    empty: ['No runs yet'],
    question: (q) => q === 'POST metrics/search',
  },
  run: {
    path: `/runs/${RUN.hash}`,
    full: [RUN.name],
    empty: [/no such run/i],
    question: (q) => q === `GET runs/${RUN.hash}`,
  },
  trash: {
    path: '/trash',
    full: ['diverged', 'digits', '1 deleted run', 'Restore all'],
    empty: ['The trash is empty'],
    question: (q) => q === 'GET trash',
  },
  docs: {
    path: '/help',
    full: ['With every version.', 'AimQL', 'The query language'],
    empty: ['With every version.'],
    question: (q) => q === 'GET help/readme',
  },
}

describe.each(PAGES.map((page) => page.name))('the page %s', (name) => {
  const mounts = MOUNTS[name]!
  const served = (server: FakeServer) => expect(server.unknown).toEqual([])

  it('mounts with data', async () => {
    const server = serve(FULL)
    open(mounts.path)
    for (const text of mounts.full) await seen(text)
    served(server)
  })

  it('mounts without data', async () => {
    const server = serve(EMPTY)
    open(mounts.path)
    for (const text of mounts.empty) await seen(text)
    served(server)
  })

  it('shows an error of the server and can ask again', async () => {
    serve(FULL, mounts.question)
    open(mounts.path)
    await seen('The disk is on fire')
    serve(FULL)
    screen.getByRole('button', { name: 'Retry' }).click()
    for (const text of mounts.full) await seen(text)
  })
})

it.each(['params', 'metrics', 'notes'])('the tab %s of a run mounts', async (tab) => {
  const server = serve(FULL)
  open(`/runs/${RUN.hash}?tab=${tab}`)
  await waitFor(() => expect(screen.getByRole('tab', { selected: true }).textContent?.toLowerCase()).toContain(tab))
  expect(server.unknown).toEqual([])
})

it('charts ask for their points and say what they show', async () => {
  const server = serve(FULL)
  open('/metrics')
  await waitFor(() => expect(server.asked).toContain('POST metrics/frame'))
  await waitFor(() => {
    const labels = screen.getAllByRole('img').map((chart) => chart.getAttribute('aria-label'))
    expect(labels).toEqual([
      expect.stringMatching(/^acc · subset=val, 3 runs, step 0 to step 19/),
      expect.stringMatching(/^loss · subset=train, 3 runs, step 0 to step 19/),
    ])
  })
})

it('an address without a page says so, and links to the pages', async () => {
  serve(FULL)
  open('/nowhere')
  await seen('There is no such page')
  expect(screen.getAllByRole('link', { name: 'Metrics' }).length).toBeGreaterThan(1)
})
