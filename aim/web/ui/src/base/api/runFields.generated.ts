// Made by scripts/run_fields.py from aim/schema/run_fields.py, where each key is described. Change that file.

export type RunFieldType = 'text' | 'texts' | 'status' | 'hash' | 'time' | 'duration' | 'integer' | 'boolean'

export interface RunField {
  readonly name: string
  readonly type: RunFieldType
  readonly label: string
  /** After `run.` in a query. */
  readonly query: string
  readonly sortable: boolean
  readonly groupable: boolean
  readonly exported: boolean
  /** Its column in addresses, without the `@`; null: the runs table has none. */
  readonly column: string | null
  readonly place: 'before' | 'after' | 'optional' | null
}

/** What the API gives for every run of a list. */
export const RUN_FIELDS: readonly RunField[] = [
  {
    name: 'name',
    type: 'text',
    label: 'Run',
    query: 'name',
    sortable: true,
    groupable: false,
    exported: true,
    column: 'name',
    place: 'before',
  },
  {
    name: 'hash',
    type: 'hash',
    label: 'Hash',
    query: 'hash',
    sortable: true,
    groupable: false,
    exported: true,
    column: null,
    place: null,
  },
  {
    name: 'status',
    type: 'status',
    label: 'Status',
    query: 'status',
    sortable: true,
    groupable: true,
    exported: true,
    column: 'status',
    place: 'before',
  },
  {
    name: 'experiment',
    type: 'text',
    label: 'Experiment',
    query: 'experiment',
    sortable: true,
    groupable: true,
    exported: true,
    column: 'experiment',
    place: 'before',
  },
  {
    name: 'created_at',
    type: 'time',
    label: 'Created',
    query: 'created_at',
    sortable: true,
    groupable: false,
    exported: true,
    column: 'created',
    place: 'before',
  },
  {
    name: 'ended_at',
    type: 'time',
    label: 'Ended',
    query: 'ended_at',
    sortable: true,
    groupable: false,
    exported: false,
    column: null,
    place: null,
  },
  {
    name: 'duration',
    type: 'duration',
    label: 'Duration',
    query: 'duration',
    sortable: true,
    groupable: false,
    exported: true,
    column: 'duration',
    place: 'before',
  },
  {
    name: 'tags',
    type: 'texts',
    label: 'Tags',
    query: 'tags',
    sortable: true,
    groupable: true,
    exported: true,
    column: 'tags',
    place: 'after',
  },
  {
    name: 'archived',
    type: 'boolean',
    label: 'Archived',
    query: 'archived',
    sortable: true,
    groupable: false,
    exported: false,
    column: null,
    place: null,
  },
  {
    name: 'source',
    type: 'text',
    label: 'Source',
    query: 'source',
    sortable: true,
    groupable: false,
    exported: false,
    column: null,
    place: null,
  },
  {
    name: 'description',
    type: 'text',
    label: 'Description',
    query: 'description',
    sortable: true,
    groupable: false,
    exported: false,
    column: 'description',
    place: 'optional',
  },
  {
    name: 'lost_points',
    type: 'integer',
    label: 'Lost points',
    query: 'lost_points',
    sortable: false,
    groupable: false,
    exported: false,
    column: null,
    place: null,
  },
]
