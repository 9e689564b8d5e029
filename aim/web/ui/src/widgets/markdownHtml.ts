// Markdown -> HTML, not sanitised yet. Notes come from files that others may have written: a text that would take the
// renderer seconds, or the end of its stack, is not given to it.

import { Marked } from 'marked'

/** Characters; more are shown as they were written. */
const MAX_CHARS = 100_000
/** Levels of quotes and lists within each other. */
const MAX_DEPTH = 50
/** Characters in one paragraph that may begin or end something; the renderer takes the square of their number. */
const MAX_MARKS = 2_000

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')

/** An address as an attribute; null if it is none (a half of a character pair). */
function addressOf(href: string): string | null {
  try {
    return encodeURI(href)
  } catch {
    return null
  }
}

const marked = new Marked({
  gfm: true,
  breaks: false,
  renderer: {
    // HTML in a text is text.
    html: ({ text }) => escaped(text),
    // A page that asks nothing of other hosts shows where a picture is, not the picture.
    image: ({ href, text }) => {
      const address = addressOf(href)
      const label = escaped(text) || 'image'
      return address === null ? label : `<a href="${address}">${label}</a>`
    },
  },
})

/** Levels that a line begins with: its quotes and list items, and two blanks each before the first of them. */
function depthOf(line: string): number {
  const [begin = ''] = /^(?:[\s>]|[-*+](?=\s|$)|\d{1,9}[.)](?=\s|$))*/.exec(line.slice(0, 1_000)) ?? []
  const marks = begin.match(/[>*+-]|\d+[.)]/g)?.length ?? 0
  if (marks === 0) return 0
  return marks + Math.floor((/^\s*/.exec(begin)?.[0].replace(/\t/g, '    ').length ?? 0) / 2)
}

/** Whether the renderer is done with a text in a moment. */
export function isRenderable(text: string): boolean {
  if (text.length > MAX_CHARS) return false
  let marks = 0
  let fence: string | undefined
  for (const line of text.split('\n')) {
    if (fence !== undefined) {
      if (/^ {0,3}(`{3,}|~{3,})\s*$/.exec(line)?.[1]?.startsWith(fence)) fence = undefined
      continue
    }
    fence = /^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$/.exec(line)?.slice(1).find(Boolean)
    if (depthOf(line) > MAX_DEPTH) return false
    marks = line.trim() === '' ? 0 : marks + (line.match(/[*_~`[\]<\\]/g)?.length ?? 0)
    if (marks > MAX_MARKS) return false
  }
  return true
}

/** HTML of a page that came with Aim, not sanitised yet: no limits, for nobody else wrote it. */
export function pageHtml(text: string): string {
  return marked.parse(text, { async: false })
}

/** HTML of a Markdown text; null for one that is to be shown as it was written. */
export function markdownHtml(text: string): string | null {
  if (!isRenderable(text)) return null
  try {
    return marked.parse(text, { async: false })
  } catch {
    return null
  }
}
