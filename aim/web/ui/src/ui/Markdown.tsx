import { lazy, Suspense } from 'react'

// Loaded on first use: most views show no Markdown.
const Rendered = lazy(() => import('./MarkdownRendered'))

export function Markdown({ text }: { text: string }) {
  return (
    <Suspense fallback={<pre style={{ whiteSpace: 'pre-wrap', margin: 0, fontFamily: 'inherit' }}>{text}</pre>}>
      <Rendered text={text} />
    </Suspense>
  )
}
