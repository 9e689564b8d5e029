import { Ellipsis } from 'lucide-react'
import { shareLink } from '../../base/storedViews'
import { toast } from '../../base/stores'
import { Button } from '../../widgets/basics'
import { MenuItem, MenuLine, Popover } from '../../widgets/Popover'
import type { ChartActions } from './chartActions'
import type { ChartExport } from './exports/chartExport'
import type { FoundChart } from './metricsModel'

interface Props {
  readonly chart: FoundChart
  /** The chart, as its files need it. */
  readonly of: ChartExport
  readonly actions: ChartActions
  readonly isLog: boolean
  readonly isWide: boolean
  readonly isZoomed: boolean
  readonly isPinned: boolean
  /** Charts are in an order that people gave them. */
  readonly isOrdered: boolean
  readonly onRange: () => void
  readonly onTable: () => void
  readonly onExport: () => void
}

type Files = typeof import('./exports/lazy')

/** Not a part of the first load: few files are made. */
const loadFiles = () => import('./exports/lazy')

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
      label={`Menu of ${p.of.title}`}
      menu
      align="end"
      trigger={(t) => (
        <Button small icon quiet aria-label={`Menu of ${p.of.title}`} {...t}>
          <Ellipsis size={16} strokeWidth={1.5} />
        </Button>
      )}
    >
      {(close) => {
        // While the menu is read; where it fails, the click on an entry says so.
        loadFiles().catch(() => undefined)
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

function viewEntries({ chart, actions, isLog, isWide, isZoomed, onRange }: Props): Entry[] {
  return [
    { label: 'Logarithmic y', checked: isLog, hint: 'l', onSelect: () => actions.toggleLog(chart.metric) },
    {
      label: isWide ? 'Show all charts' : 'Use the whole pane',
      hint: 'f',
      onSelect: () => actions.toggleWide(chart.key),
    },
    { label: 'Set range…', onSelect: onRange },
    { label: 'Whole range', disabled: !isZoomed, hint: '0', onSelect: () => actions.zoomReset(chart.key) },
  ]
}

function placeEntries({ chart, actions, isPinned, isOrdered }: Props): Entry[] {
  return [
    { label: 'Pin to top', checked: isPinned, onSelect: () => actions.pinChart(chart.key) },
    { label: 'Move left', onSelect: () => actions.move(chart.key, 'left') },
    { label: 'Move right', onSelect: () => actions.move(chart.key, 'right') },
    { label: 'Move first', onSelect: () => actions.move(chart.key, 'first') },
    ...(isOrdered ? [{ label: 'Order all as at first', onSelect: actions.resetOrder }] : []),
  ]
}

function exportEntries({ of, onTable, onExport }: Props): Entry[] {
  const make = (run: (files: Files) => Promise<void>) => () =>
    void loadFiles().then(run, () => toast('The server does not answer', { kind: 'error' }))
  return [
    { label: 'Show as table', onSelect: onTable },
    { label: 'Export a figure…', onSelect: onExport },
    { label: 'Save PNG', onSelect: make((f) => f.savePng(of, f.lastOptions(of))) },
    { label: 'Save SVG', onSelect: make((f) => f.saveSvg(of, f.lastOptions(of))) },
    { label: 'Copy picture', onSelect: make((f) => f.copyPicture(of, f.lastOptions(of))) },
    { label: 'CSV of every point', onSelect: make((f) => f.savePoints(of)) },
    ...(of.view.aggregate ? [{ label: 'CSV of the groups', onSelect: make((f) => f.saveGroups(of)) }] : []),
    { label: 'Copy link', onSelect: () => void shareLink() },
  ]
}
