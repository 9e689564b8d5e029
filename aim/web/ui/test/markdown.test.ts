import { describe, expect, it } from 'vitest'
import { isRenderable, markdownHtml } from '../src/widgets/markdownHtml'

const deepList = (levels: number) => Array.from({ length: levels }, (_, i) => `${'  '.repeat(i)}- item`).join('\n')

describe('Markdown', () => {
  it('is rendered', () => {
    expect(markdownHtml('# Best *so far*\n\n- one\n  - two')).toContain('<h1>Best <em>so far</em></h1>')
    expect(markdownHtml(deepList(10))).toContain('<li>item')
  })

  it('of other people is text where it is HTML', () => {
    expect(markdownHtml('a <b>x</b> <script>alert(1)</script>')).not.toMatch(/<b>|<script/)
    expect(markdownHtml('![a<b](http://a/"onload=x)')).not.toMatch(/"onload|<b/)
  })

  it('shows where a picture is, and its name alone where that is not an address', () => {
    expect(markdownHtml('![chart](http://a/b.png)')).toBe('<p><a href="http://a/b.png">chart</a></p>\n')
    expect(markdownHtml('![x](http://a/\ud800) ![](\ud800) [y](http://a/\ud800)')).toMatch(/^<p>x image .*y/)
  })

  it.each([
    ['quotes in quotes', '>'.repeat(20_000)],
    ['quotes in quotes, with blanks', '> '.repeat(20_000)],
    ['lists in lists', deepList(1_200)],
    ['lists in lists, on one line', '- '.repeat(5_000) + 'x'],
    ['numbered lists on one line', '1. '.repeat(5_000)],
    ['lists in quotes', '> - '.repeat(5_000)],
    ['lists indented by tabs', Array.from({ length: 300 }, (_, i) => `${'\t'.repeat(i)}* x`).join('\n')],
    ['emphasis in one paragraph', '_a_'.repeat(20_000)],
    ['emphasis over many lines', '_a_ **b\n'.repeat(3_000)],
    ['emphasis after what is not a fence', '``` a`b\n' + '_a_'.repeat(20_000)],
    ['emphasis after a fence', '```\nx\n```\n' + '_a_'.repeat(20_000)],
    ['brackets', '['.repeat(50_000)],
    ['a very long text', 'word '.repeat(100_000)],
  ])('that would take long is shown as it was written: %s', (_, text) => {
    expect(markdownHtml(text)).toBeNull()
  })

  it('of an honest note is never held back', () => {
    const table = '| a | b |\n|---|---|\n' + '| 1 | `2` |\n'.repeat(200)
    const code = '```\n' + `${' '.repeat(150)}x = a[i] * b[j]\n`.repeat(400) + '```\n'
    const report = 'Some *emphasis*, a [link](http://a/b), `code` and a list:\n\n- one\n- two\n\n'.repeat(500)
    for (const text of [table, code, report, deepList(20), '> > > quoted', '---', '* * *', '- '.repeat(10)])
      expect(isRenderable(text)).toBe(true)
  })
})
