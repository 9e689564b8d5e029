// @vitest-environment happy-dom
import { expect, it } from 'vitest'
import { pageHtml } from '../src/widgets/markdownHtml'
import { checkHelp, helpLink, helpTarget, sectionId } from '../src/features/help/helpAddress'
import { commandsOf, fitIn } from '../src/features/help/HelpMarkdownRendered'

const NAMES = new Set(['readme', 'aimql', 'cli'])

function page(text: string): HTMLElement {
  const box = document.createElement('div')
  box.innerHTML = pageHtml(text)
  fitIn(box, 'cli', NAMES)
  return box
}

it('names headings as the server and GitHub do', () => {
  expect(['aim & co.', 'What ± means', 'snake_case', 'a-b c', 'Größe'].map(sectionId)).toEqual([
    'aim--co',
    'what--means',
    'snake_case',
    'a-b-c',
    'größe',
  ])
})

it('finds the page that a link leads to', () => {
  expect(helpTarget('aimql.md#fields', 'cli')).toEqual({ page: 'aimql', at: 'fields' })
  expect(helpTarget('../SECURITY.md', 'cli')).toEqual({ page: 'security', at: '' })
  expect(helpTarget('#here', 'cli')).toEqual({ page: 'cli', at: 'here' })
  expect(['', 'https://a.b/c.md', 'images/a.png', '../examples/x.py'].map((l) => helpTarget(l, 'cli'))).toEqual(
    Array(4).fill(null),
  )
  expect([helpLink('readme'), helpLink('cli', 'aim-up')]).toEqual(['/help', '/help/cli?at=aim-up'])
})

it('keeps what it understands of an address', () => {
  expect(checkHelp('?at=x&q=a+b&z=1')).toEqual({ unknown: ['z=1'], clean: '?at=x&q=a+b' })
})

it('keeps links to pages in the app, and shows others as text where there is no page', () => {
  const html = page('[q](aimql.md#x) [up](#two) [file](../examples/a.py) [web](https://example.org/)\n\n# Two')
  const links = [...html.querySelectorAll('p a')].map((a) => [a.textContent, a.getAttribute('href')])
  expect(links).toEqual([
    ['q', '/help/aimql?at=x'],
    ['up', '/help/cli?at=two'],
    ['web', 'https://example.org/'],
  ])
})

it('gives headings of one name different ids, below the title of the app', () => {
  const html = page('# One\n\n## Same\n\n## Same')
  expect([...html.querySelectorAll('h2, h3')].map((h) => [h.tagName, h.id])).toEqual([
    ['H2', 'help-one'],
    ['H3', 'help-same'],
    ['H3', 'help-same-1'],
  ])
})

it('gives code a button, and lets no HTML, picture or script through', () => {
  const html = page('```python\nimport aim\n```\n\n<b>x</b> <script>1</script> ![p](https://example.org/p.png)')
  expect(html.querySelector('pre')?.textContent).toBe('import aim\n')
  expect(html.querySelectorAll('button').length).toBe(1)
  expect(html.querySelectorAll('b, script, img').length).toBe(0)
})

it('copies the commands of a block without the prompt and what they print', () => {
  expect(commandsOf('$ aim runs ls\nRUN  NAME\n$ aim up\n')).toBe('aim runs ls\naim up')
  expect(commandsOf('import aim\n')).toBe('import aim')
})
