import { lazy, Suspense } from 'react'

function Plain({ text }: { text: string }) {
  return <pre style={{ whiteSpace: 'pre-wrap', margin: 0, fontFamily: 'inherit' }}>{text}</pre>
}

// Loaded on first use: most views show no Markdown. Without a server there is nothing to load it from, and the text is
// shown as it was written.
const Rendered = lazy(() => import('./MarkdownRendered').catch(() => ({ default: Plain })))

export function Markdown({ text }: { text: string }) {
  return (
    <Suspense fallback={<Plain text={text} />}>
      <Rendered text={text} />
    </Suspense>
  )
}
