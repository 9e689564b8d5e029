import type { ReactNode } from 'react'
import css from '../../widgets/pages.module.css'

export function Panel({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <section className={css.panel}>
      <h2>
        {title}
        <span>{aside}</span>
      </h2>
      {children}
    </section>
  )
}
