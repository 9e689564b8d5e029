import DOMPurify from 'dompurify'
import { useMemo } from 'react'
import css from './pages.module.css'
import { markdownHtml } from './markdownHtml'
import ui from './ui.module.css'

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'A') {
    node.setAttribute('rel', 'noopener noreferrer')
    node.setAttribute('target', '_blank')
  }
})

const LEFT_OUT = {
  FORBID_TAGS: ['style', 'img', 'form', 'input', 'button', 'svg', 'math', 'video', 'audio', 'source'],
  FORBID_ATTR: ['style', 'class', 'id'],
}

export default function MarkdownRendered({ text }: { text: string }) {
  const html = useMemo(() => {
    const found = markdownHtml(text)
    try {
      return found === null ? null : DOMPurify.sanitize(found, LEFT_OUT)
    } catch {
      // a note must not take down the page of its run
      return null
    }
  }, [text])
  if (html === null) return <pre className={ui.plainText}>{text}</pre>
  return <div className={css.md} dangerouslySetInnerHTML={{ __html: html }} />
}
