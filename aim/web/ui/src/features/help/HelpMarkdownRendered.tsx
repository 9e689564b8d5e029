// A page of Help as HTML: headings that can be linked to, links that stay in the app, and code that can be copied.

import DOMPurify from 'dompurify'
import { useLayoutEffect, useMemo, useRef } from 'react'
import { href, navigate } from '../../base/route'
import { copyText } from '../../base/stores'
import { pageHtml } from '../../widgets/markdownHtml'
import { cx } from '../../widgets/basics'
import pages from '../../widgets/pages.module.css'
import css from './Help.module.css'
import { helpLink, helpTarget, sectionId } from './helpAddress'

interface Props {
  readonly text: string
  readonly page: string
  /** The heading to show; empty: the top. */
  readonly at: string
  /** The pages that there are: a link to another file is shown as its text. */
  readonly names: ReadonlySet<string>
}

const LEFT_OUT = {
  FORBID_TAGS: ['style', 'img', 'form', 'input', 'button', 'svg', 'math', 'video', 'audio', 'source'],
  FORBID_ATTR: ['style', 'class', 'id'],
}

export function HelpMarkdown({ text, page, at, names }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const html = useMemo(() => pageAsHtml(text, page, names), [text, page, names])
  useLayoutEffect(() => {
    const heading = at ? box.current?.querySelector<HTMLElement>(`#help-${CSS.escape(at)}`) : null
    if (heading) {
      heading.scrollIntoView()
      heading.focus({ preventScroll: true })
    } else box.current?.parentElement?.scrollTo?.(0, 0)
  }, [at, html])
  return (
    <div
      ref={box}
      className={cx(pages.md, css.text)}
      onClick={(e) => {
        const target = e.target as HTMLElement
        const copy = target.closest<HTMLElement>('button[data-copy]')
        if (copy)
          return void copyText(commandsOf(copy.parentElement?.querySelector('pre')?.textContent ?? ''), 'Code copied')
        const to = target.closest<HTMLElement>('a[data-to]')?.dataset.to
        if (to === undefined || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return
        e.preventDefault()
        navigate(to)
      }}
      dangerouslySetInnerHTML={{ __html: html }}
    />
  )
}

/** The page as HTML. What it holds is sanitised first; what is added afterwards is made here. */
function pageAsHtml(text: string, page: string, names: ReadonlySet<string>): string {
  const box = document.createElement('div')
  box.append(DOMPurify.sanitize(pageHtml(text), { ...LEFT_OUT, RETURN_DOM_FRAGMENT: true }))
  fitIn(box, page, names)
  return box.innerHTML
}

/** Adds to a page what Help needs of it. */
export function fitIn(box: HTMLElement, page: string, names: ReadonlySet<string>): void {
  linkHeadings(box, page)
  for (const a of box.querySelectorAll<HTMLAnchorElement>('a[href]:not([data-to])')) linkPage(a, page, names)
  for (const pre of box.querySelectorAll('pre')) addCopyButton(pre)
  for (const table of box.querySelectorAll('table')) wrap(table, css.wide!, 'Table')
}

/** One level lower, below the title of the page of the app, each with an id and a link to itself. */
function linkHeadings(box: HTMLElement, page: string): void {
  const taken = new Map<string, number>()
  for (const old of box.querySelectorAll('h1, h2, h3, h4')) {
    const id = sectionId(old.textContent ?? '')
    const again = taken.get(id) ?? 0
    taken.set(id, again + 1)
    const name = again ? `${id}-${again}` : id
    const heading = document.createElement(`h${Number(old.tagName[1]) + 1}`)
    heading.id = `help-${name}`
    heading.tabIndex = -1
    heading.append(...old.childNodes)
    const link = document.createElement('a')
    link.dataset.to = helpLink(page, name)
    link.href = href(link.dataset.to)
    link.className = css.anchor!
    link.setAttribute('aria-label', 'Link to this section')
    link.textContent = '#'
    heading.append(link)
    old.replaceWith(heading)
  }
}

function linkPage(a: HTMLAnchorElement, page: string, names: ReadonlySet<string>): void {
  const written = a.getAttribute('href') ?? ''
  if (/^(https?:|mailto:)/.test(written)) return
  const target = helpTarget(written, page)
  if (target === null || !names.has(target.page)) {
    a.replaceWith(...a.childNodes)
    return
  }
  a.dataset.to = helpLink(target.page, target.at)
  a.href = href(a.dataset.to)
  a.removeAttribute('target')
  a.removeAttribute('rel')
}

/** What is copied of a block: of commands with a prompt the commands alone, without what they print. */
export function commandsOf(text: string): string {
  const commands = text.split('\n').filter((line) => line.startsWith('$ '))
  return commands.length > 0 ? commands.map((line) => line.slice(2)).join('\n') : text.trimEnd()
}

function addCopyButton(pre: HTMLElement): void {
  const box = wrap(pre, css.code!, null)
  pre.tabIndex = 0
  const button = document.createElement('button')
  button.type = 'button'
  button.dataset.copy = ''
  button.textContent = 'Copy'
  box.append(button)
}

function wrap(element: HTMLElement, className: string, label: string | null): HTMLElement {
  const box = document.createElement('div')
  box.className = className
  if (label !== null) {
    box.tabIndex = 0
    box.setAttribute('role', 'region')
    box.setAttribute('aria-label', label)
  }
  element.replaceWith(box)
  box.append(element)
  return box
}
