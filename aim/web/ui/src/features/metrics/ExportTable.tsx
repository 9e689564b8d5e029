// The table below the charts on the clipboard or as a file.

import { Download } from 'lucide-react'
import { saveFile } from '../../base/saveFile'
import { copyText, toast } from '../../base/stores'
import { plural } from '../../base/format'
import { Button } from '../../widgets/basics'
import { MenuItem, MenuTitle, Popover } from '../../widgets/Popover'
import type { Shown } from './copiedTables'

type Kind = 'Markdown' | 'LaTeX' | 'CSV'

async function exportTable(shown: Shown, kind: Kind): Promise<void> {
  const [{ shownTable }, { asCsv, asLatex, asMarkdown }] = await Promise.all([
    import('./copiedTables'),
    import('../../base/tableTexts'),
  ])
  const table = shownTable(shown, kind === 'CSV')
  if (kind === 'CSV') saveFile(new Blob([asCsv(table)], { type: 'text/csv' }), 'metrics.csv')
  else
    await copyText(
      (kind === 'LaTeX' ? asLatex : asMarkdown)(table),
      `${plural(table.rows.length, 'row')} copied as ${kind}`,
    )
}

export function ExportTable(shown: Shown) {
  const item = (kind: Kind, label: string, hint: string | undefined, close: () => void) => (
    <MenuItem
      hint={hint}
      onSelect={() => {
        close()
        exportTable(shown, kind).catch((e: unknown) =>
          toast(e instanceof Error ? e.message : String(e), { kind: 'error' }),
        )
      }}
    >
      {label}
    </MenuItem>
  )
  return (
    <Popover
      label="Export the table"
      menu
      align="end"
      trigger={(p) => (
        <Button aria-label="Export the table" {...p}>
          <Download size={14} strokeWidth={1.5} /> <span className="wide-only">Export</span>
        </Button>
      )}
    >
      {(close) => (
        <>
          <MenuTitle>{shown.view.aggregate ? 'The groups: mean, interval, n' : 'The lines that are shown'}</MenuTitle>
          {item('Markdown', 'Copy as Markdown', undefined, close)}
          {item('LaTeX', 'Copy as LaTeX', 'tabular', close)}
          {item('CSV', 'CSV', '.csv', close)}
        </>
      )}
    </Popover>
  )
}
