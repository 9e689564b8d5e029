// The controls of a metrics view, one chip each, that shows its value.

import { useMemo } from 'react'
import type { MetricRun, MetricSequence } from '../../base/api/types'
import { rangeText } from '../../charts/layout/axis'
import type { ChartGroup } from '../../charts/layout/model'
import { Button } from '../../widgets/basics'
import { AggregateChip } from './chips/AggregateChip'
import { XChip, YChip } from './chips/AxisChips'
import { ChartChip, ColourChip, DashChip } from './chips/GroupingChips'
import { GapsChip } from './chips/GapsChip'
import { OutliersChip } from './chips/OutliersChip'
import { SizeChip } from './chips/SizeChip'
import { SmoothingChip } from './chips/SmoothingChip'
import type { ViewProps } from './chips/view'
import { fieldOptions, type FieldOption } from './fieldOptions'

interface Props extends ViewProps {
  readonly sequences: readonly MetricSequence[]
  readonly runs: Readonly<Record<string, MetricRun>>
  /** On the page of one run there is nothing to group by run. */
  readonly single?: boolean
  readonly groups: readonly ChartGroup[]
}

export function MetricChips({ view, change, sequences, runs, groups, single = false }: Props) {
  // When a chip is opened: the params of many runs take longer to read than a page should take to answer.
  const fields = useMemo(() => {
    let known: readonly FieldOption[] | null = null
    return () => (known ??= fieldOptions(sequences, runs, single))
  }, [sequences, runs, single])
  const metrics = useMemo(() => [...new Set(sequences.map((s) => s.name))].sort(), [sequences])
  return (
    <>
      <ColourChip {...{ view, change, fields, runs, single, groups }} />
      <DashChip {...{ view, change, fields, runs, single }} />
      <ChartChip {...{ view, change, fields, runs, single }} />
      <AggregateChip {...{ view, change, runs, single }} />
      <XChip {...{ view, change, metrics, single }} />
      <YChip {...{ view, change, metrics }} />
      <SmoothingChip {...{ view, change }} />
      <OutliersChip {...{ view, change }} />
      <GapsChip {...{ view, change }} />
      <SizeChip />
      <WholeRange {...{ view, change }} />
    </>
  )
}

/** What is zoomed, and the way back. */
function WholeRange({ view: { x, range, xRanges, yRanges }, change }: ViewProps) {
  const zoomed = Object.keys(xRanges).length
  if (!range && zoomed === 0 && Object.keys(yRanges).length === 0) return null
  return (
    <Button small onClick={() => change({ range: null, xRanges: {}, yRanges: {} })}>
      {range ? rangeText(x, range) : zoomed > 0 ? `${zoomed} zoomed` : 'y range'} · Whole range
    </Button>
  )
}
