import { apiUrl } from '../route'
import type { Series } from '../series'
import { jsonText, parseJson, parsePlainJson } from './json'
import { FrameReader } from './tsf'
import type {
  Attempts,
  BulkAction,
  BulkResult,
  ColumnsResult,
  Demo,
  ExperimentCount,
  Headline,
  Help,
  HelpText,
  Home,
  Info,
  MetricsResult,
  Names,
  NoteHistory,
  Point,
  RunDetail,
  RunEdit,
  RunsResult,
  Smoothing,
  SortKey,
  Spread,
  Words,
  Trash,
} from './types'

/** An answer of the server that is not a result. `code` is the server's; `unreachable` where there was no answer. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly line: number | null = null,
    readonly column: number | null = null,
    readonly expected: string | null = null,
    readonly suggestions: readonly string[] = [],
    readonly body: unknown = null,
  ) {
    super(message)
  }

  get isQuery(): boolean {
    return this.code === 'query_syntax' || this.code === 'query_name'
  }
}

const reachable = new Set<(ok: boolean) => void>()

/** Tells of each request whether the server answered it. */
export function onReachable(f: (ok: boolean) => void): () => void {
  reachable.add(f)
  return () => reachable.delete(f)
}

async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(apiUrl(path), { credentials: 'same-origin', ...init })
  } catch (e) {
    if (init.signal?.aborted) throw e
    for (const f of reachable) f(false)
    throw new ApiError('unreachable', 'The server does not answer', 0)
  }
  for (const f of reachable) f(true)
  if (response.ok) return response
  const text = await response.text()
  let body: unknown = null
  try {
    body = parseJson(text)
  } catch {
    // Not ours; the status has to do.
  }
  throw errorOf(body, response.status)
}

function errorOf(body: unknown, status: number): ApiError {
  const e = (body as { error?: Record<string, unknown> } | null)?.error
  if (!e) return new ApiError('internal', `The server answered ${status}`, status, null, null, null, [], body)
  return new ApiError(
    String(e.code ?? 'internal'),
    String(e.message ?? `The server answered ${status}`),
    status,
    typeof e.line === 'number' ? e.line : null,
    typeof e.column === 'number' ? e.column : null,
    e.expected == null ? null : String(e.expected),
    Array.isArray(e.suggestions) ? e.suggestions.map(String) : [],
    body,
  )
}

async function getText(path: string, signal?: AbortSignal): Promise<string> {
  const r = await request(path, { signal: signal ?? null, headers: { accept: 'application/json' } })
  return r.text()
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return parseJson(await getText(path, signal)) as T
}

/** Something that may be a float without a fraction. */
const WHOLE_FLOAT = /\d\.0\D|\de[+-]?\d/i

/** `body`: what is sent as JSON, or JSON already. */
async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const r = await request(path, {
    method: 'POST',
    signal: signal ?? null,
    headers: { 'content-type': 'application/json', 'x-aim': '1' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return parseJson(await r.text()) as T
}

type OnProgress = (progress: { done: number; total: number }) => void

/** A search whose answer comes in lines: how far it is, then the result. Aborted, the server gives up, too. */
async function search<T>(path: string, body: unknown, signal?: AbortSignal, onProgress?: OnProgress): Promise<T> {
  const r = await request(path, {
    method: 'POST',
    signal: signal ?? null,
    headers: { accept: 'application/x-ndjson', 'content-type': 'application/json', 'x-aim': '1' },
    body: JSON.stringify(body),
  })
  if (!r.body) throw new ApiError('internal', 'The server sent no data', r.status)
  const reader = r.body.pipeThrough(new TextDecoderStream()).getReader()
  let parts: string[] = []
  for (;;) {
    const { done, value } = await read(reader)
    if (done) throw new ApiError('unreachable', 'The answer broke off', 0)
    let rest = value
    for (let cut = rest.indexOf('\n'); cut >= 0; cut = rest.indexOf('\n')) {
      parts.push(rest.slice(0, cut))
      rest = rest.slice(cut + 1)
      const line = parseJson(parts.join('')) as {
        progress?: { done: number; total: number }
        result?: T
        error?: unknown
      }
      parts = []
      if (line.progress) onProgress?.(line.progress)
      else if (line.error) throw errorOf(line, 400)
      else return line.result as T
    }
    parts.push(rest)
  }
}

async function read(reader: ReadableStreamDefaultReader<string>): Promise<ReadableStreamReadResult<string>> {
  try {
    return await reader.read()
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e
    throw new ApiError('unreachable', 'The answer broke off', 0)
  }
}

export interface RunsSearch {
  q: string
  sort: readonly SortKey[]
  offset: number
  limit: number
  /** null: the server picks some, and names them. */
  columns: readonly string[] | null
  /** Answer also which columns there are. */
  known?: boolean
}

export interface FrameRequest {
  sequences: readonly string[]
  x: string
  buckets: number
  /** `all`: with what a later attempt went back over. */
  attempts: Attempts
  range: readonly [number, number] | null
  smoothing: Smoothing | null
  /** For all curves of the chart; 0: that of the densest of the sequences. */
  distance?: number
  /** The axis is logarithmic: buckets are equally wide on it. */
  xLog?: boolean
  /** So is y: buckets say what it shows of them. */
  yLog?: boolean
  /** Where each sequence begins, instead of `range`. */
  since?: readonly number[]
}

/** Every point of sequences in a range, as CSV. */
export interface PointsExport {
  sequences: readonly string[]
  /** Of further columns, with their texts for each of `sequences`. */
  titles: readonly string[]
  labels: readonly (readonly string[])[]
  x: string
  attempts: Attempts
  range: readonly [number, number] | null
  smoothing: Smoothing | null
  /** Over which all of them are smoothed; 0: each over its own median distance. */
  distance: number
  /** Of the file. */
  name: string
}

export type ExportFormat = 'csv' | 'json' | 'parquet' | 'markdown'

const sentSmoothing = (of: Smoothing, distance = 0) => ({
  kind: of.kind,
  [of.kind === 'ema' ? 'weight' : 'width']: of.amount,
  ...(distance > 0 ? { distance } : {}),
  ...(of.trim ? { trim: true } : {}),
})

export const api = {
  info: (signal?: AbortSignal) => get<Info>('info', signal),
  home: (since: number | null, signal?: AbortSignal) =>
    get<Home>(`home?tz=${-new Date().getTimezoneOffset()}${since === null ? '' : `&since=${since}`}`, signal),
  setHeadline: (name: string, headline: Headline | null) =>
    post<{ experiments: ExperimentCount[] }>('experiments/headline', jsonText({ name, headline })),
  demo: (signal?: AbortSignal) => get<Demo>('demo', signal),
  recordDemo: () => post<Demo>('demo', {}),
  names: (prefix: string, signal?: AbortSignal) =>
    get<Names>(`query/names?prefix=${encodeURIComponent(prefix)}`, signal),
  values: (name: string, prefix: string, signal?: AbortSignal) =>
    get<{ values: { value: unknown; count: number }[] }>(
      `query/values?name=${encodeURIComponent(name)}&prefix=${encodeURIComponent(prefix)}`,
      signal,
    ),
  words: (text: string, signal?: AbortSignal) => get<Words>(`query/words?text=${encodeURIComponent(text)}`, signal),
  check: (q: string, kind: 'runs' | 'metrics', signal?: AbortSignal) =>
    post<{ ok: boolean }>('query/check', { q, kind }, signal),
  async runs(wanted: RunsSearch, signal?: AbortSignal, onProgress?: OnProgress): Promise<RunsResult> {
    const result = await search<RunsResult>('runs/search', { ...wanted, form: 'listed' }, signal, onProgress)
    const at = new Map((wanted.columns ?? result.columns ?? []).map((c, i) => [c, i]))
    for (const row of result.rows) row.at = at
    for (const [row, cell, text] of result.exact ?? []) result.rows[row]!.cells![cell] = parsePlainJson(text)
    return result
  },
  columns: (q: string, signal?: AbortSignal, onProgress?: OnProgress) =>
    search<ColumnsResult>('runs/columns', { q }, signal, onProgress),
  run: async (hash: string, signal?: AbortSignal): Promise<RunDetail> => {
    const text = await getText(`runs/${encodeURIComponent(hash)}`, signal)
    const run = parseJson(text) as RunDetail
    // Floats without a fraction are floats in what people recorded, and times and counts elsewhere.
    return WHOLE_FLOAT.test(text) ? { ...run, params: (parsePlainJson(text) as RunDetail).params } : run
  },
  note: (hash: string, id: string, signal?: AbortSignal) =>
    get<NoteHistory>(`runs/${encodeURIComponent(hash)}/notes/${encodeURIComponent(id)}`, signal),
  spread: (column: string, q: string, signal?: AbortSignal) => search<Spread>('runs/spread', { column, q }, signal),
  /** All runs of a search as a file. */
  async exported(
    format: ExportFormat,
    wanted: Pick<RunsSearch, 'q' | 'sort'> & { columns: readonly string[]; exact?: boolean },
    signal?: AbortSignal,
  ): Promise<Blob> {
    const r = await request('runs/export', {
      method: 'POST',
      signal: signal ?? null,
      headers: { 'content-type': 'application/json', 'x-aim': '1' },
      body: JSON.stringify({ format, ...wanted }),
    })
    return r.blob()
  },
  trash: (signal?: AbortSignal) => get<Trash>('trash', signal),
  edit: (hash: string, edit: RunEdit) => post<RunDetail>(`runs/${encodeURIComponent(hash)}/edit`, edit),
  bulk: (hashes: readonly string[], action: BulkAction, tag?: string) =>
    post<BulkResult>('runs/bulk', { hashes, action, ...(tag ? { tag } : {}) }),
  async metrics(
    q: string,
    limit: number,
    signal?: AbortSignal,
    onProgress?: OnProgress,
    exprs: readonly string[] = [],
  ): Promise<MetricsResult> {
    const asked = { q, limit, ...(exprs.length > 0 ? { exprs } : {}) }
    const result = await search<MetricsResult>('metrics/search', asked, signal, onProgress)
    for (const [run, keys, text] of result.exact ?? []) {
      let at = result.runs[run]?.params as Record<string, unknown> | undefined
      for (const key of keys.slice(0, -1)) at = at?.[key] as Record<string, unknown> | undefined
      if (at) at[keys.at(-1)!] = parsePlainJson(text)
    }
    return result
  },

  /** The contents of Help, and the sections that hold all words of `q`. */
  help: (q: string, signal?: AbortSignal) => get<Help>(`help${q ? `?q=${encodeURIComponent(q)}` : ''}`, signal),
  helpPage: (name: string, signal?: AbortSignal) => get<HelpText>(`help/${encodeURIComponent(name)}`, signal),

  storeView: (page: string, state: string) => post<{ hash: string }>('views', { page, state }),
  view: (hash: string, signal?: AbortSignal) =>
    get<{ page: string; state: string }>(`views/${encodeURIComponent(hash)}`, signal),

  point: (sequence: string, x: string, attempts: Attempts, at: number, until: number | null, signal?: AbortSignal) =>
    post<Point>(
      'metrics/point',
      { sequence, x, at, ...(until === null ? {} : { until }), ...(attempts === 'all' ? { attempts } : {}) },
      signal,
    ),

  async exportPoints({ smoothing, distance, range, ...rest }: PointsExport, signal?: AbortSignal): Promise<Blob> {
    const sent: Record<string, unknown> = { ...rest }
    if (range) sent.range = range
    if (smoothing) sent.smoothing = sentSmoothing(smoothing, distance)
    const r = await request('metrics/export', {
      method: 'POST',
      signal: signal ?? null,
      headers: { 'content-type': 'application/json', 'x-aim': '1' },
      body: JSON.stringify(sent),
    })
    return r.blob()
  },

  /** Calls `onSeries` for each frame as it comes. */
  async frames(
    body: FrameRequest,
    onSeries: (series: Series[], distance: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const sent: Record<string, unknown> = { sequences: body.sequences, x: body.x, buckets: body.buckets }
    if (body.xLog) sent.x_scale = 'log'
    if (body.yLog) sent.y_scale = 'log'
    if (body.range) sent.range = body.range
    if (body.attempts === 'all') sent.attempts = body.attempts
    if (body.since) sent.since = body.since
    if (body.smoothing) sent.smoothing = sentSmoothing(body.smoothing, body.distance)
    const r = await request('metrics/frame', {
      method: 'POST',
      signal: signal ?? null,
      headers: { 'content-type': 'application/json', 'x-aim': '1' },
      body: JSON.stringify(sent),
    })
    if (!r.body) throw new ApiError('internal', 'The server sent no data', r.status)
    const reader = r.body.getReader()
    const frames = new FrameReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      for (const f of frames.push(value)) onSeries(f.series, f.distance)
    }
    if (frames.pending > 0) throw new ApiError('internal', 'The data broke off', r.status)
  },
}
