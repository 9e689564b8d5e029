// The fields of a run, from the table that the server has too: how a column, a query and a group name them, and how their
// values are shown. A new field is a row of that table; here is what holds for each type of value.

import { RUN_FIELDS, type RunField } from '../../base/api/runFields.generated'
import { exactText, formatAgo, formatDateTime, formatDuration } from '../../base/format'

export type { RunField }

/** Its column in an address: `@created` of `created_at`. */
const columnOf = (field: RunField) => `@${field.column ?? field.name}`

const BY_COLUMN = new Map(RUN_FIELDS.filter((f) => f.column !== null).map((f) => [columnOf(f), f]))
const BY_NAME = new Map(RUN_FIELDS.map((f) => [f.name, f]))

/** The columns of fields at a place of the runs table, in the order of the table. */
export function columnsAt(place: RunField['place']): string[] {
  return RUN_FIELDS.filter((f) => f.place === place && f.column !== null).map(columnOf)
}

/** The field of a column; undefined for params, metrics and what there is not. */
export function fieldOfColumn(id: string): RunField | undefined {
  return BY_COLUMN.get(id)
}

/** As an address or a query names it: `status`, `run.status`, `created_at`. */
export function fieldNamed(name: string): RunField | undefined {
  return BY_NAME.get(name.replace(/^run\./, ''))
}

/** What runs can be grouped by, besides their params. */
export const GROUP_FIELDS: readonly RunField[] = RUN_FIELDS.filter((f) => f.groupable)

export const isGroupField = (name: string): boolean => GROUP_FIELDS.some((f) => f.name === name)

/** The value of a field as an answer has it; undefined where the answer does not have the field. */
export function valueOfField(row: object, field: RunField): unknown {
  return (row as Readonly<Record<string, unknown>>)[field.name]
}

const MISSING = '–'

/** The value as a cell shows it. */
export function shortText(value: unknown, field: RunField): string {
  return field.type === 'time' ? formatAgo(value as number | null) : fullText(value, field)
}

/** The value in full, as groups are named. */
export function fullText(value: unknown, field: RunField): string {
  switch (field.type) {
    case 'time':
      return formatDateTime(value as number | null)
    case 'duration':
      return formatDuration(value as number | null)
    case 'texts': {
      const texts = value as readonly string[]
      return texts.length > 0 ? [...texts].sort().join(', ') : noneOf(field)
    }
    default:
      return value === null || value === undefined ? MISSING : typeof value === 'string' ? value : exactText(value)
  }
}

/** Of a list that is empty: `no tag`. */
export function noneOf(field: RunField): string {
  return `no ${field.label.toLowerCase().replace(/s$/, '')}`
}
