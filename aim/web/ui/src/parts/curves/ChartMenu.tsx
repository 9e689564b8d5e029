import { Ellipsis } from 'lucide-react'
import { saveFile } from '../../base/saveFile'
import { shareLink } from '../../base/storedViews'
import { toast } from '../../base/stores'
import { loadExports, type ChartView } from '../../charts/view'
import { Button } from '../../widgets/basics'
import { MenuItem, MenuLine, Popover } from '../../widgets/Popover'
import type { ChartActions } from './chartActions'
import type { FoundChart } from './metricsModel'

interface Props {
  readonly chart: FoundChart
  readonly title: string
  readonly actions: ChartActions
  readonly isLog: boolean
  readonly isWide: boolean
  readonly isZoomed: boolean
  readonly isPinned: boolean
  /** Charts are in an order that people gave them. */
  readonly isOrdered: boolean
  readonly onTable: () => void
  readonly view: () => ChartView | null
}

interface Entry {
  readonly label: string
  readonly onSelect: () => void
  readonly checked?: boolean
  readonly disabled?: boolean
  readonly hint?: string
}

export function ChartMenu(p: Props) {
  return (
    <Popover
      label={`Menu of ${p.title}`}
      menu
      align="end"
      trigger={(t) => (
        <Button small icon quiet aria-label={`Menu of ${p.title}`} {...t}>
          <Ellipsis size={16} strokeWidth={1.5} />
        </Button>
      )}
    >
      {(close) => {
        // While the menu is read; where it fails, the click on an entry says so.
        loadExports().catch(() => undefined)
        const item = ({ label, onSelect, ...rest }: Entry) => (
          <MenuItem
            key={label}
            {...rest}
            onSelect={() => {
              close()
              onSelect()
            }}
          >
            {label}
          </MenuItem>
        )
        return (
          <>
            {viewEntries(p).map(item)}
            <MenuLine />
            {placeEntries(p).map(item)}
            <MenuLine />
            {exportEntries(p).map(item)}
          </>
        )
      }}
    </Popover>
  )
}

function viewEntries({ chart, actions, isLog, isWide, isZoomed }: Props): Entry[] {
  return [
    { label: 'Logarithmic y', checked: isLog, hint: 'l', onSelect: () => actions.toggleLog(chart.metric) },
    { label: isWide ? 'Normal width' : 'Full width', hint: 'f', onSelect: () => actions.toggleWide(chart.key) },
    { label: 'Whole range', disabled: !isZoomed, hint: '0', onSelect: () => actions.zoomReset(chart.key) },
  ]
}

function placeEntries({ chart, actions, isPinned, isOrdered }: Props): Entry[] {
  return [
    { label: 'Pin to top', checked: isPinned, onSelect: () => actions.pinChart(chart.key) },
    { label: 'Move left', onSelect: () => actions.move(chart.key, 'left') },
    { label: 'Move right', onSelect: () => actions.move(chart.key, 'right') },
    { label: 'Move first', onSelect: () => actions.move(chart.key, 'first') },
    ...(isOrdered ? [{ label: 'Order all by name', onSelect: actions.resetOrder }] : []),
  ]
}

function exportEntries({ chart, title, view, onTable }: Props): Entry[] {
  const file = (`${chart.name} ${chart.context}`.trim() || 'chart').replace(/[^\w=.-]+/g, '_')
  const savePng = (scale: number, name: string) =>
    void view()
      ?.toPng(scale)
      .then((png) => png && saveFile(png, name))
  const saveText = (text: Promise<string> | undefined, type: string, name: string) =>
    void text?.then(
      (t) => saveFile(new Blob([t], { type }), name),
      () => toast(`Could not make ${name}: the server does not answer`, { kind: 'error' }),
    )
  return [
    { label: 'Show as table', onSelect: onTable },
    { label: 'PNG', onSelect: () => savePng(1, `${file}.png`) },
    { label: 'PNG, twice the size', onSelect: () => savePng(2, `${file}@2x.png`) },
    { label: 'SVG', onSelect: () => saveText(view()?.toSvg(title), 'image/svg+xml', `${file}.svg`) },
    { label: 'CSV of what is shown', onSelect: () => saveText(view()?.toCsv(), 'text/csv', `${file}.csv`) },
    { label: 'Copy link', onSelect: () => void shareLink() },
  ]
}
