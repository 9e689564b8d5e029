// The runs of the table as a file or on the clipboard: all that match, or those that are selected.

import { Download } from 'lucide-react'
import { api, type ExportFormat } from '../../base/api/client'
import { useInfo } from '../../base/queries'
import { copyText, toast } from '../../base/stores'
import type { SortKey } from '../../base/api/types'
import { Button } from '../../widgets/basics'
import { formatCount, plural } from '../../base/format'
import { MenuItem, MenuTitle, Popover } from '../../widgets/Popover'
import { saveFile } from '../../base/saveFile'

interface Props {
  readonly q: string
  readonly sort: readonly SortKey[]
  readonly columns: readonly string[]
  readonly matched: number
  readonly selected: ReadonlySet<string>
}

const FILES: readonly { format: ExportFormat; label: string; hint: string; exact?: boolean }[] = [
  { format: 'csv', label: 'CSV', hint: '.csv' },
  { format: 'csv', label: 'CSV, texts as they are', hint: 'formulas run', exact: true },
  { format: 'json', label: 'JSON', hint: '.json' },
  { format: 'parquet', label: 'Parquet', hint: '.parquet' },
]

/** What Parquet takes. */
const NEEDED = 'pyarrow'

export function ExportMenu({ q, sort, columns, matched, selected }: Props) {
  const able = useInfo().data?.exports
  const count = selected.size > 0 ? selected.size : matched
  const asked =
    selected.size > 0
      ? `run.hash in [${[...selected].map((h) => JSON.stringify(h)).join(', ')}] and (run.archived or not run.archived)`
      : q
  const fetchFile = async (format: ExportFormat, exact = false) => {
    try {
      const blob = await api.exported(format, { q: asked, sort, columns, ...(exact ? { exact } : {}) })
      if (format === 'markdown') await copyText(await blob.text(), `${plural(count, 'row')} copied as Markdown`)
      else saveFile(blob, `runs.${format}`)
    } catch (e) {
      toast(e instanceof Error ? e.message : String(e), { kind: 'error' })
    }
  }
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
      {(close) => (
        <>
          <MenuTitle>
            {selected.size > 0 ? `The ${plural(count, 'selected run')}` : `All ${formatCount(count)} runs that match`}
          </MenuTitle>
          {FILES.map(({ format, label, hint, exact }) =>
            able && !able.includes(format) ? (
              <MenuItem key={label} disabled hint={`needs pip install ${NEEDED} where aim up runs`} onSelect={close}>
                {label}
              </MenuItem>
            ) : (
              <MenuItem
                key={label}
                hint={hint}
                onSelect={() => {
                  close()
                  void fetchFile(format, exact)
                }}
              >
                {label}
              </MenuItem>
            ),
          )}
          <MenuItem
            onSelect={() => {
              close()
              void fetchFile('markdown')
            }}
          >
            Copy as Markdown
          </MenuItem>
          <MenuItem
            onSelect={() => {
              close()
              void copyText(
                `import aim\n\nfor run in aim.Repo().query_runs(${JSON.stringify(asked)}):\n    print(run.name, run.params)\n`,
                'Python copied',
              )
            }}
          >
            Copy as Python
          </MenuItem>
        </>
      )}
    </Popover>
  )
}
