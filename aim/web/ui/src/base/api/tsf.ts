// The numeric frame: `TSF1` | u32 header length | JSON header padded with spaces | little-endian arrays, 8-aligned.
// Frames are concatenated in one response, and each is handed on as soon as it is whole.

import type { Series } from '../series'
import { jsonText, parseJson } from './json'

type Kind = 'f8' | 'f4' | 'i8' | 'u4'
const SIZE: Record<Kind, number> = { f8: 8, f4: 4, i8: 8, u4: 4 }

interface Header {
  sequences: {
    id?: string
    run: string
    name: string
    context?: Record<string, unknown>
    x: number
    first?: number
    last: number
    min?: number
    max?: number
    count?: number
    smooth?: number
    positive?: number
    hidden?: number
    total?: number
    exact?: boolean
    nonfinite?: [number, string][]
    nonfinite_total?: number
    before?: number
    unplaced?: number
    merged?: number
    rounded?: number
    resumed?: number[]
  }[]
  arrays: [number, number, Kind][]
  complete?: boolean
  /** Over which all curves of the answer were smoothed. */
  smoothing_distance?: number | null
}

export class FrameError extends Error {}

const MAGIC = 0x31465354 // "TSF1", little-endian
const align = (n: number) => (n + 7) & ~7

export interface Frame {
  readonly series: Series[]
  readonly complete: boolean
  /** Over which all curves of the answer were smoothed; 0: none was. */
  readonly distance: number
}

/** Reads the frame that starts at `offset`; null while it is not whole. */
export function readFrame(bytes: Uint8Array, offset: number): { frame: Frame; end: number } | null {
  if (bytes.length - offset < 8) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset)
  if (view.getUint32(0, true) !== MAGIC) throw new FrameError('not a numeric frame: it does not start with TSF1')
  const length = view.getUint32(4, true)
  const dataStart = align(8 + length)
  if (bytes.length - offset < 8 + length) return null
  const header = parseJson(new TextDecoder().decode(bytes.subarray(offset + 8, offset + 8 + length))) as Header
  // Offsets count from the first byte of the data; some writers count from the start of the frame.
  let least = Infinity
  for (const [at] of header.arrays) least = Math.min(least, at)
  const origin = header.arrays.length > 0 && least >= dataStart ? 0 : dataStart
  let end = dataStart
  for (const [at, n, kind] of header.arrays) end = Math.max(end, origin + at + n * SIZE[kind])
  if (bytes.length - offset < end) {
    return null
  }
  const arrays = new Array<Float64Array | undefined>(header.arrays.length)
  const get = (index: number | undefined): Float64Array | null => {
    if (index === undefined || index === null) return null
    const known = arrays[index]
    if (known) return known
    const entry = header.arrays[index]
    if (!entry) throw new FrameError(`array ${index} is not in the frame`)
    const at = bytes.byteOffset + offset + origin + entry[0]
    const made = toFloat64(bytes.buffer as ArrayBuffer, at, entry[1], entry[2])
    arrays[index] = made
    return made
  }
  const series = header.sequences.map((s): Series => {
    const x = get(s.x) ?? new Float64Array()
    const last = get(s.last) ?? new Float64Array()
    const count = get(s.count)
    return {
      id: s.id ?? `${s.run}/${s.name}/${jsonText(s.context ?? {})}`,
      run: s.run,
      name: s.name,
      context: s.context ?? {},
      x,
      last,
      first: get(s.first),
      min: get(s.min),
      max: get(s.max),
      count,
      smooth: get(s.smooth),
      total: s.total ?? (count ? count.reduce((a, b) => a + b, 0) : x.length),
      exact: s.exact ?? !s.count,
      nonfinite: s.nonfinite ?? [],
      nonfiniteTotal: s.nonfinite_total ?? s.nonfinite?.length ?? 0,
      ...(s.positive === undefined ? {} : { positive: get(s.positive)!, hidden: get(s.hidden)! }),
      ...(s.unplaced ? { unplaced: s.unplaced } : {}),
      ...(s.merged ? { merged: s.merged } : {}),
      ...(s.rounded ? { rounded: s.rounded } : {}),
      ...(s.resumed ? { resumed: s.resumed } : {}),
      ...(s.before === undefined ? {} : { before: s.before }),
    }
  })
  return {
    frame: { series, complete: header.complete ?? true, distance: header.smoothing_distance ?? 0 },
    end: offset + end,
  }
}

function toFloat64(buffer: ArrayBuffer, at: number, n: number, kind: Kind): Float64Array {
  if (kind === 'f8') {
    if (at % 8 === 0) return new Float64Array(buffer, at, n)
    return new Float64Array(buffer.slice(at, at + n * 8))
  }
  const out = new Float64Array(n)
  if (kind === 'i8') {
    const view = new DataView(buffer, at, n * 8)
    for (let i = 0; i < n; i++) out[i] = view.getInt32(i * 8 + 4, true) * 4294967296 + view.getUint32(i * 8, true)
    return out
  }
  const source = at % 4 === 0 ? buffer : buffer.slice(at, at + n * 4)
  const start = at % 4 === 0 ? at : 0
  out.set(kind === 'f4' ? new Float32Array(source, start, n) : new Uint32Array(source, start, n))
  return out
}

/** Cuts a response into frames. Bytes of a frame that is not whole yet are kept in chunks and joined once. */
export class FrameReader {
  private chunks: Uint8Array[] = []
  private size = 0
  /** No frame can be whole before this many bytes are here. */
  private need = 8

  push(chunk: Uint8Array): Frame[] {
    this.chunks.push(chunk)
    this.size += chunk.length
    if (this.size < this.need) return []
    const bytes = this.join()
    const out: Frame[] = []
    let at = 0
    for (;;) {
      // Padding between frames; a frame itself starts with a letter.
      while (at < bytes.length && bytes[at] === 0) at++
      const read = readFrame(bytes, at)
      if (!read) break
      out.push(read.frame)
      at = read.end
    }
    while (at < bytes.length && bytes[at] === 0) at++
    const rest = bytes.subarray(at)
    this.chunks = rest.length > 0 ? [rest] : []
    this.size = rest.length
    this.need = Math.max(8, this.size + 1, wanted(rest))
    return out
  }

  /** Bytes left over: not zero means the response broke off. */
  get pending(): number {
    // Padding after the last frame is not a part of one.
    return this.join().some((b) => b !== 0) ? this.size : 0
  }

  private join(): Uint8Array {
    // A copy, so that arrays of f8 can be views into it: the first frame starts 8-aligned.
    if (this.chunks.length === 1 && this.chunks[0]!.byteOffset % 8 === 0) return this.chunks[0]!
    const all = new Uint8Array(this.size)
    let at = 0
    for (const c of this.chunks) {
      all.set(c, at)
      at += c.length
    }
    return all
  }
}

/** The size of the frame that starts here, as far as its head says. */
function wanted(bytes: Uint8Array): number {
  if (bytes.length < 8) return 8
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = view.getUint32(4, true)
  if (bytes.length < 8 + length) return 8 + length
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Header
  const dataStart = align(8 + length)
  let least = Infinity
  for (const [at] of header.arrays) least = Math.min(least, at)
  const origin = least >= dataStart ? 0 : dataStart
  let end = dataStart
  for (const [at, n, kind] of header.arrays) end = Math.max(end, origin + at + n * SIZE[kind])
  return end
}

/** The writing side, used by tests. */
export function writeFrame(
  header: Omit<Header, 'arrays'>,
  arrays: (Float64Array | Float32Array | Uint32Array)[],
): Uint8Array {
  let at = 0
  const entries: [number, number, Kind][] = arrays.map((a) => {
    const kind: Kind = a instanceof Float64Array ? 'f8' : a instanceof Float32Array ? 'f4' : 'u4'
    const entry: [number, number, Kind] = [at, a.length, kind]
    at = align(at + a.byteLength)
    return entry
  })
  let text = JSON.stringify({ ...header, arrays: entries })
  const bare = new TextEncoder().encode(text).length
  text += ' '.repeat(align(8 + bare) - 8 - bare)
  const head = new TextEncoder().encode(text)
  const out = new Uint8Array(8 + head.length + at)
  const view = new DataView(out.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, head.length, true)
  out.set(head, 8)
  arrays.forEach((a, i) =>
    out.set(new Uint8Array(a.buffer, a.byteOffset, a.byteLength), 8 + head.length + entries[i]![0]),
  )
  return out
}
