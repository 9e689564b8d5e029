// What makes files of a chart, in one chunk: not a part of the first load, since few are made.

export { ExportDialog } from './ExportDialog'
export * from './saveChart'
