import { ChevronDown, ChevronRight, Copy } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { Params } from '../api/types'
import { copyText } from '../app/stores'
import { Button, Code, Empty } from '../ui/basics'
import { formatCount, formatValue } from '../ui/format'
import ui from '../ui/ui.module.css'
import css from './pages.module.css'

interface Row {
  readonly path: string
  readonly key: string
  readonly depth: number
  readonly value: unknown
  readonly children: number
}

function isBranch(v: unknown): v is Params {
  return v !== null && typeof v === 'object' && !Array.isArray(v) && Object.keys(v).length > 0
}

function walk(params: Params, closed: ReadonlySet<string>, needle: string): Row[] {
  const out: Row[] = []
  const visit = (o: Params, prefix: string, depth: number): boolean => {
    let any = false
    for (const [key, value] of Object.entries(o)) {
      const path = prefix ? `${prefix}.${key}` : key
      const at = out.length
      if (isBranch(value)) {
        out.push({ path, key, depth, value: undefined, children: Object.keys(value).length })
        const open = needle !== '' || !closed.has(path)
        const found = open ? visit(value, path, depth + 1) : true
        if (needle && !found && !path.toLowerCase().includes(needle)) out.length = at
        else any = true
      } else if (!needle || path.toLowerCase().includes(needle) || formatValue(value).toLowerCase().includes(needle)) {
        out.push({ path, key, depth, value, children: 0 })
        any = true
      }
    }
    return any
  }
  visit(params, '', 0)
  return out
}

/** How a query names a param. */
function asQuery(path: string): string {
  return path.split('.').every((p) => /^[A-Za-z_]\w*$/.test(p)) ? `run.${path}` : `run${path.split('.').map((p) => `[${JSON.stringify(p)}]`).join('')}`
}

const kindOf = (v: unknown) => (v === null ? 'none' : Array.isArray(v) ? 'list' : typeof v === 'number' ? (Number.isInteger(v) ? 'int' : 'float') : typeof v === 'boolean' ? 'bool' : typeof v === 'string' ? 'text' : 'dict')

export function ParamsTab({ params }: { params: Params }) {
  const [text, setText] = useState('')
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [raw, setRaw] = useState(false)
  const rows = useMemo(() => walk(params, closed, text.trim().toLowerCase()), [params, closed, text])
  if (Object.keys(params).length === 0) {
    return (
      <Empty title="This run has no params">
        <p>What a run was configured with appears here.</p>
        <Code>{'aim.set_params({"lr": 0.001, "optimizer": "adamw"}, name="hparams")'}</Code>
      </Empty>
    )
  }
  return (
    <div className={css.scroll} tabIndex={-1}>
      <div style={{ padding: '12px var(--gutter)', maxWidth: 1000 }}>
        <div style={{ display: 'flex', gap: 8, marginBottom: 8 }}>
          <input className={ui.input} style={{ maxWidth: 360 }} placeholder="Find a param or a value" aria-label="Find a param" value={text} onChange={(e) => setText(e.target.value)} />
          <Button on={raw} aria-pressed={raw} onClick={() => setRaw(!raw)}>Raw JSON</Button>
        </div>
        {raw ? <Code>{JSON.stringify(params, null, 2)}</Code> : (
          <div className={css.tree} role="tree" aria-label="Params">
            {rows.map((r) => (
              <div key={r.path} className={css.treeRow} role="treeitem" aria-level={r.depth + 1} aria-expanded={r.children > 0 ? !closed.has(r.path) : undefined}>
                <span className={css.key} style={{ paddingLeft: r.depth * 16 }}>
                  {r.children > 0 ? (
                    <button type="button" className={css.twisty} aria-label={closed.has(r.path) ? `Open ${r.path}` : `Close ${r.path}`} onClick={() => setClosed((c) => { const n = new Set(c); if (!n.delete(r.path)) n.add(r.path); return n })}>
                      {closed.has(r.path) ? <ChevronRight size={14} /> : <ChevronDown size={14} />}
                    </button>
                  ) : <span className={css.twisty} />}
                  <span className="ellipsis" title={r.path}>{r.key}</span>
                </span>
                <span className={css.value}>{r.children > 0 ? <span className="muted">{formatCount(r.children)}</span> : formatValue(r.value)}</span>
                <span className={css.kind}>{r.children > 0 ? '' : kindOf(r.value)}</span>
                <Button small quiet className={css.copy} aria-label={`Copy ${r.path} as query`} title={`Copy ${asQuery(r.path)}`} onClick={() => void copyText(asQuery(r.path), `${asQuery(r.path)} copied`)}><Copy size={13} strokeWidth={1.5} /></Button>
              </div>
            ))}
            {rows.length === 0 && <p className="muted">Nothing by that name</p>}
          </div>
        )}
      </div>
    </div>
  )
}
