// The params of a run as a tree, as JSON, or only those that another run has different.

import { useQuery } from '@tanstack/react-query'
import { ChevronDown, ChevronRight, Copy } from 'lucide-react'
import { useMemo, useState } from 'react'
import { api } from '../../base/api/client'
import { jsonText, WholeFloat } from '../../base/api/json'
import type { Params, RunDetail } from '../../base/api/types'
import { runQuery } from '../../base/runQuery'
import { useRun } from '../../base/queries'
import { currentPlace, navigate, usePlace } from '../../base/route'
import { copyText } from '../../base/stores'
import { Button, Code, Empty, Failed, Link } from '../../widgets/basics'
import { Chip } from '../../widgets/Chip'
import { exactText, fullNumber, plural } from '../../base/format'
import { MenuItem, MenuTitle } from '../../widgets/Popover'
import ui from '../../widgets/ui.module.css'
import { Many } from '../../widgets/values'
import css from '../../widgets/pages.module.css'
import { leaves } from './runLeaves'
import { below, queryOf, shortNames, type ParamNames } from '../../base/paramPath'

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
      const path = below(prefix, key)
      const at = out.length
      if (isBranch(value)) {
        out.push({ path, key, depth, value: undefined, children: Object.keys(value).length })
        const open = needle !== '' || !closed.has(path)
        const found = open ? visit(value, path, depth + 1) : true
        if (needle && !found && !path.toLowerCase().includes(needle)) out.length = at
        else any = true
      } else if (!needle || path.toLowerCase().includes(needle) || exactText(value).toLowerCase().includes(needle)) {
        out.push({ path, key, depth, value, children: 0 })
        any = true
      }
    }
    return any
  }
  visit(params, '', 0)
  return out
}

const kindOf = (v: unknown) =>
  v === null
    ? 'none'
    : Array.isArray(v)
      ? 'list'
      : typeof v === 'bigint'
        ? 'int'
        : v instanceof WholeFloat
          ? 'float'
          : typeof v === 'number'
            ? Number.isInteger(v)
              ? 'int'
              : 'float'
            : typeof v === 'boolean'
              ? 'bool'
              : typeof v === 'string'
                ? 'text'
                : 'dict'

const isNumber = (v: unknown) => typeof v === 'number' || typeof v === 'bigint' || v instanceof WholeFloat

/** Leaves are scalars, lists and empty dicts; NaN is NaN, and not None, as it would be in JSON. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  // 1 and 1.0 are equal, as in a query.
  if (a instanceof WholeFloat || b instanceof WholeFloat) return isNumber(a) && isNumber(b) && Number(a) === Number(b)
  if (
    a === null ||
    b === null ||
    typeof a !== 'object' ||
    typeof b !== 'object' ||
    Array.isArray(a) !== Array.isArray(b)
  )
    return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((k) => k in b && same((a as Params)[k], (b as Params)[k]))
}

/** Paths of both, each with its two values, where these differ. */
export function differences(a: Params, b: Params): { path: string; mine: unknown; theirs: unknown }[] {
  const mine = new Map(leaves(a))
  const theirs = new Map(leaves(b))
  const paths = [...mine.keys(), ...[...theirs.keys()].filter((k) => !mine.has(k))]
  return paths
    .map((path) => ({ path, mine: mine.get(path), theirs: theirs.get(path) }))
    .filter((d) => !same(d.mine, d.theirs))
}

export function ParamsTab({ run }: { run: RunDetail }) {
  const { search } = usePlace()
  const query = new URLSearchParams(search)
  const text = query.get('find') ?? ''
  const other = query.get('vs') ?? ''
  const raw = query.get('as') === 'json'
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const rows = useMemo(() => walk(run.params, closed, text.trim().toLowerCase()), [run.params, closed, text])
  const names = useMemo(() => shortNames(leaves(run.params).map(([path]) => path)), [run.params])
  const change = (key: string, value: string, mode: 'push' | 'later' = 'push') => {
    const now = new URLSearchParams(currentPlace().search)
    if (value) now.set(key, value)
    else now.delete(key)
    navigate(`/runs/${run.hash}?${now.toString()}`, mode)
  }
  if (Object.keys(run.params).length === 0) {
    return (
      <Empty title="This run has no params">
        <p>What a run was configured with appears here.</p>
        <Code>{'aim.set_params({"lr": 0.001, "optimizer": "adamw"}, name="hparams")'}</Code>
      </Empty>
    )
  }
  return (
    <div className={css.scroll} tabIndex={-1}>
      <div className={css.paramsPage}>
        <div className={css.paramsBar}>
          <input
            className={ui.input}
            style={{ maxWidth: 360 }}
            placeholder="Find a param or a value"
            aria-label="Find a param"
            value={text}
            onChange={(e) => change('find', e.target.value, 'later')}
          />
          <RunPicker run={run} value={other} onChoose={(hash) => change('vs', hash)} />
          {!other && (
            <Button on={raw} aria-pressed={raw} onClick={() => change('as', raw ? '' : 'json')}>
              Raw JSON
            </Button>
          )}
        </div>
        {other ? (
          <Differences run={run} other={other} find={text} />
        ) : raw ? (
          <Code>{jsonText(run.params, 2, (n) => JSON.stringify(fullNumber(n)))}</Code>
        ) : (
          <Tree
            rows={rows}
            names={names}
            closed={closed}
            onToggle={(path) =>
              setClosed((c) => {
                const n = new Set(c)
                if (!n.delete(path)) n.add(path)
                return n
              })
            }
          />
        )}
      </div>
    </div>
  )
}

function CopyPath({ path, names }: { path: string; names: ParamNames }) {
  const query = queryOf(path, names)
  return (
    <Button
      small
      quiet
      className={css.copy}
      aria-label={`Copy ${path} as query`}
      title={`Copy ${query}`}
      onClick={() => void copyText(query, `${query} copied`)}
    >
      <Copy size={13} strokeWidth={1.5} />
    </Button>
  )
}

function Tree({
  rows,
  names,
  closed,
  onToggle,
}: {
  rows: readonly Row[]
  names: ParamNames
  closed: ReadonlySet<string>
  onToggle: (path: string) => void
}) {
  if (rows.length === 0) return <p className="muted">No matches</p>
  return (
    <div className={css.tree} role="tree" aria-label="Params">
      {rows.map((r) => (
        <div
          key={r.path}
          className={css.treeRow}
          role="treeitem"
          aria-level={r.depth + 1}
          aria-expanded={r.children > 0 ? !closed.has(r.path) : undefined}
        >
          <span className={css.key} style={{ paddingLeft: r.depth * 16 }}>
            {r.children > 0 ? (
              <button
                type="button"
                className={css.twisty}
                aria-label={closed.has(r.path) ? `Open ${r.path}` : `Close ${r.path}`}
                onClick={() => onToggle(r.path)}
              >
                {closed.has(r.path) ? <ChevronRight size={14} /> : <ChevronDown size={14} />}
              </button>
            ) : (
              <span className={css.twisty} />
            )}
            <span className="ellipsis" title={r.path}>
              {r.key}
            </span>
          </span>
          <span className={css.value}>
            {r.children > 0 ? (
              <span className="muted">
                <Many n={r.children} />
              </span>
            ) : (
              <Value value={r.value} />
            )}
          </span>
          <span className={css.kind}>{r.children > 0 ? '' : kindOf(r.value)}</span>
          <CopyPath path={r.path} names={names} />
        </div>
      ))}
    </div>
  )
}

/** A param in full: what a run was configured with is not rounded. */
function Value({ value }: { value: unknown }) {
  return <>{exactText(value)}</>
}

function Differences({ run, other, find }: { run: RunDetail; other: string; find: string }) {
  const found = useRun(other)
  if (found.error && !found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return <div aria-busy="true" />
  const needle = find.trim().toLowerCase()
  const all = differences(run.params, found.data.params)
  const shown = needle ? all.filter((d) => d.path.toLowerCase().includes(needle)) : all
  const names = shortNames(all.map((d) => d.path))
  const name = found.data.name || other.slice(0, 8)
  const equal = leaves(run.params).length - all.filter((d) => d.mine !== undefined).length
  return (
    <>
      {shown.length === 0 ? (
        <p>{all.length === 0 ? `All params are those of ${name}.` : 'No matches'}</p>
      ) : (
        <div className={css.panel}>
          <table className={css.table} aria-label={`Params that differ from ${name}`}>
            <thead>
              <tr>
                <th>Param</th>
                <th>{run.name || run.hash.slice(0, 8)}</th>
                <th>
                  <Link to={`/runs/${other}?tab=params`}>{name}</Link>
                </th>
                <th />
              </tr>
            </thead>
            <tbody>
              {shown.map((d) => (
                <tr key={d.path}>
                  <td title={d.path}>{names.get(d.path) ?? d.path}</td>
                  <td className="mono">
                    {d.mine === undefined ? <span className="muted">not set</span> : <Value value={d.mine} />}
                  </td>
                  <td className="mono">
                    {d.theirs === undefined ? <span className="muted">not set</span> : <Value value={d.theirs} />}
                  </td>
                  <td className={css.r}>
                    <CopyPath path={d.path} names={names} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p className="muted" style={{ marginTop: 8 }}>
        {plural(equal, 'param')} equal, not shown
      </p>
    </>
  )
}

const PICKED = 12

/** Which other run: by name, the newest of the same experiment first. */
function RunPicker({ run, value, onChoose }: { run: RunDetail; value: string; onChoose: (hash: string) => void }) {
  const [text, setText] = useState('')
  const chosen = useRun(value || run.hash)
  const q = text.trim() ? runQuery(text) : `run.experiment == ${JSON.stringify(run.experiment)}`
  const found = useQuery({
    queryKey: ['picker', q],
    queryFn: ({ signal }) =>
      api.runs({ q, sort: [{ by: 'created_at', desc: true }], offset: 0, limit: PICKED + 1, columns: [] }, signal),
    retry: false,
    staleTime: 30_000,
    placeholderData: (before) => before,
  })
  const rows = (found.data?.rows ?? []).filter((r) => r.hash !== run.hash).slice(0, PICKED)
  return (
    <Chip
      label="Differs from"
      value={value ? chosen.data?.name || value.slice(0, 8) : 'choose a run'}
      onReset={value ? () => onChoose('') : undefined}
      wide
    >
      {(close) => (
        <div>
          <input
            className={ui.input}
            placeholder="Find a run"
            aria-label="Find a run"
            value={text}
            onChange={(e) => setText(e.target.value)}
            style={{ marginBottom: 4 }}
          />
          <div role="menu">
            {rows.map((r) => (
              <MenuItem
                key={r.hash}
                checked={r.hash === value}
                hint={r.experiment}
                onSelect={() => {
                  onChoose(r.hash)
                  close()
                }}
              >
                {r.name || r.hash.slice(0, 8)}
              </MenuItem>
            ))}
          </div>
          {found.data && rows.length === 0 && <MenuTitle>No other run</MenuTitle>}
        </div>
      )}
    </Chip>
  )
}
