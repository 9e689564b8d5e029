import { expect, it } from 'vitest'
import { ALL_ACTIONS, isCurrent, linkTo, MENU_PAGES, pageAt, PAGES } from '../src/app/registry'

const nameAt = (path: string) => pageAt(path)?.page.name

it('finds the page of a path, and the parts that the path names', () => {
  expect(['/', '/runs', '/runs/', '/metrics'].map(nameAt)).toEqual(['home', 'runs', 'runs', 'metrics'])
  expect(pageAt('/runs/a.b')).toMatchObject({ page: { name: 'run' }, parts: { hash: 'a.b' } })
  expect(['', '/run', '/runs/a/b', '/metrics/', '//'].map(nameAt)).toEqual(Array(5).fill(undefined))
})

it('marks one entry of the menus for each page', () => {
  const marked = (path: string) => MENU_PAGES.filter((p) => isCurrent(p, path)).map((p) => p.name)
  for (const page of MENU_PAGES) expect(marked(linkTo(page))).toEqual([page.name])
  expect(marked('/runs/0123')).toEqual(['runs'])
  expect(marked('/nowhere')).toEqual([])
})

it('has no name and no key twice', () => {
  const keys = ALL_ACTIONS.flatMap((a) => a.keys ?? [])
  expect(new Set(keys).size).toBe(keys.length)
  expect(new Set(ALL_ACTIONS.map((a) => a.name)).size).toBe(ALL_ACTIONS.length)
  expect(new Set(PAGES.map((p) => p.name)).size).toBe(PAGES.length)
})

it('marks the entry of a page that there is', () => {
  for (const page of PAGES) if (page.under !== undefined) expect(MENU_PAGES.map((p) => p.name)).toContain(page.under)
})
