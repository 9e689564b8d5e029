// The runs of the table as a file or on the clipboard: all that match, or those that are selected; where the table is
// grouped, its groups as well.

import { Download } from 'lucide-react'
import { useMemo } from 'react'
import { api, type ExportFormat } from '../../base/api/client'
import type { ColumnsResult } from '../../base/api/types'
import { formatCount, plural } from '../../base/format'
import { useInfo } from '../../base/queries'
import { saveFile } from '../../base/saveFile'
import { copyText, toast } from '../../base/stores'
import type { TextTable } from '../../base/tableTexts'
import { paramNames } from '../../parts/fields/columns'
import { Button } from '../../widgets/basics'
import { MenuItem, MenuLine, MenuTitle, Popover } from '../../widgets/Popover'
import { kindsOf } from './columns/columnActions'
import type { ColumnDigits } from './columns/columnDigits'
import { readRuns } from './copying/readRuns'
import { makeGroups, type Grouped, type GroupRow } from './groups'
import type { RunsView } from './runsAddress'

interface Props {
  readonly q: string
  readonly view: RunsView
  /** Params and metrics. */
  readonly columns: readonly string[]
  /** All columns but the name, in the order of the table. */
  readonly list: readonly string[]
  /** How the numbers of the columns are written. */
  readonly digits: ColumnDigits
  readonly known: ColumnsResult | undefined
  /** null: the table is not grouped. */
  readonly groups: Grouped | null
  readonly matched: number
  readonly selected: ReadonlySet<string>
}

interface FileKind {
  readonly format: ExportFormat
  readonly label: string
  readonly hint: string
  readonly exact?: boolean
}

const FILES: readonly FileKind[] = [
  { format: 'csv', label: 'CSV', hint: '.csv' },
  { format: 'csv', label: 'CSV, texts as they are', hint: 'formulas run', exact: true },
  { format: 'json', label: 'JSON', hint: '.json' },
  { format: 'parquet', label: 'Parquet', hint: '.parquet' },
]

/** What Parquet takes. */
const NEEDED = 'pyarrow'
/** Rows of a table for a document. */
const COPIED_AT_MOST = 10_000

type TextKind = 'Markdown' | 'LaTeX'

export function ExportMenu(props: Props) {
  const { groups, matched, selected } = props
  const able = useInfo().data?.exports
  const count = selected.size > 0 ? selected.size : matched
  const { copyRuns, copyGroups, saveGroups, copyPython, fetchFile } = useExports(props)
  return (
    <Popover
      label="Export"
      menu
      align="end"
      trigger={(p) => (
        <Button aria-label="Export" {...p}>
          <Download size={14} strokeWidth={1.5} /> <span className="wide-only">Export</span>
        </Button>
      )}
    >
      {(close) => {
        const item = (label: string, hint: string | undefined, perform: () => Promise<void>) => (
          <MenuItem
            key={label}
            hint={hint}
            onSelect={() => {
              close()
              perform().catch((e: unknown) => toast(e instanceof Error ? e.message : String(e), { kind: 'error' }))
            }}
          >
            {label}
          </MenuItem>
        )
        return (
          <>
            {groups && (
              <>
                <MenuTitle>The groups{selected.size > 0 ? ' of the selected runs' : ''}: mean, interval, n</MenuTitle>
                {item('Copy the groups as Markdown', undefined, () => copyGroups('Markdown'))}
                {item('Copy the groups as LaTeX', 'tabular', () => copyGroups('LaTeX'))}
                {item('CSV of the groups', '.csv', saveGroups)}
                <MenuLine />
              </>
            )}
            <MenuTitle>
              {selected.size > 0 ? `The ${plural(count, 'selected run')}` : `All ${formatCount(count)} runs that match`}
            </MenuTitle>
            {FILES.map(({ format, label, hint, exact }) =>
              able && !able.includes(format) ? (
                <MenuItem key={label} disabled hint={`needs pip install ${NEEDED} where aim up runs`} onSelect={close}>
                  {label}
                </MenuItem>
              ) : (
                item(label, hint, () => fetchFile(format, exact))
              ),
            )}
            {item('Copy as Markdown', undefined, () => copyRuns('Markdown'))}
            {item('Copy as LaTeX', 'tabular', () => copyRuns('LaTeX'))}
            {item('Copy as Python', undefined, copyPython)}
          </>
        )
      }}
    </Popover>
  )
}

function useExports({ q, view, columns, list, digits, known, groups, selected }: Props) {
  const repoPath = useInfo().data?.repo_path ?? '.'
  const names = useMemo(() => paramNames(known), [known])
  const { sort, group } = view
  const asked =
    selected.size > 0
      ? `run.hash in [${[...selected].map((h) => JSON.stringify(h)).join(', ')}] and (run.archived or not run.archived)`
      : q
  const copy = async (table: TextTable, kind: TextKind, rows: string) => {
    const { asLatex, asMarkdown } = await import('../../base/tableTexts')
    await copyText((kind === 'LaTeX' ? asLatex : asMarkdown)(table), `${rows} copied as ${kind}`)
  }
  const shownGroups = (): readonly GroupRow[] => {
    if (!groups) return []
    if (selected.size === 0) return groups.groups
    const members = groups.groups.flatMap((g) => g.group.members).filter((r) => selected.has(r.hash))
    return makeGroups(members, group, columns, sort)
  }
  return {
    copyRuns: async (kind: TextKind) => {
      const { runsTable } = await import('./copying/copiedTables')
      const { rows, matched } = await readRuns({ q: asked, sort, columns }, COPIED_AT_MOST)
      const table = runsTable(rows, list, { numeric: kindsOf(known).numeric, digits, names })
      const of = rows.length < matched ? ` of ${formatCount(matched)}` : ''
      await copy(table, kind, `${plural(rows.length, 'row')}${of}`)
    },
    copyGroups: async (kind: TextKind) => {
      const { groupsTable } = await import('./copying/copiedTables')
      const rows = shownGroups()
      await copy(groupsTable(rows, list, names), kind, plural(rows.length, 'group'))
    },
    saveGroups: async () => {
      const { groupsFile } = await import('./copying/copiedTables')
      const { asCsv } = await import('../../base/tableTexts')
      saveFile(new Blob([asCsv(groupsFile(shownGroups(), list, names))], { type: 'text/csv' }), 'groups.csv')
    },
    copyPython: async () => {
      const { runsPython } = await import('./copying/runsPython')
      await copyText(runsPython({ q: asked, sort, list, group, names, repoPath }), 'Python copied')
    },
    fetchFile: async (format: ExportFormat, exact = false) => {
      const blob = await api.exported(format, { q: asked, sort, columns, ...(exact ? { exact } : {}) })
      saveFile(blob, `runs.${format}`)
    },
  }
}
