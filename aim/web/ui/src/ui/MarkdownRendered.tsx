import DOMPurify from 'dompurify'
import { Marked } from 'marked'
import { useMemo } from 'react'
import css from '../pages/pages.module.css'

const marked = new Marked({
  gfm: true,
  breaks: false,
  renderer: {
    // HTML in a text is text.
    html: ({ text }) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;'),
    // A page that asks nothing of other hosts shows where a picture is, not the picture.
    image: ({ href, text }) => `<a href="${encodeURI(href)}">${text.replace(/&/g, '&amp;').replace(/</g, '&lt;') || 'image'}</a>`,
  },
})

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'A') {
    node.setAttribute('rel', 'noopener noreferrer')
    node.setAttribute('target', '_blank')
  }
})

export default function MarkdownRendered({ text }: { text: string }) {
  const html = useMemo(() => DOMPurify.sanitize(marked.parse(text, { async: false }), { FORBID_TAGS: ['style', 'img', 'form', 'input', 'button', 'svg', 'math', 'video', 'audio', 'source'], FORBID_ATTR: ['style', 'class', 'id'] }), [text])
  return <div className={css.md} dangerouslySetInnerHTML={{ __html: html }} />
}
