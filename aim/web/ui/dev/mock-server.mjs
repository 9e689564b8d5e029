// A stand-in for the server during development: `npm run mock`, then `npm run dev`. Node only, data made up, nothing kept.
// Also serves ../static with the security headers of the real one.   MOCK_RUNS=0 starts empty; MOCK_PORT, MOCK_LIVE=0.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { evaluate, names, parse } from './mock-query.mjs'

const PORT = Number(process.env.MOCK_PORT ?? 43801)
const RUNS = Number(process.env.MOCK_RUNS ?? 10_000)
const LIVE = process.env.MOCK_LIVE !== '0'
const STATIC = fileURLToPath(new URL('../../static/', import.meta.url))
const now = () => Date.now() / 1000
const START = now()

// ---- data -------------------------------------------------------------------------------------------------
function random(seed) {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
const A =
  'brisk calm quiet rapid pale warm odd keen bold soft wry deep late fond glad still vast prim lucid amber'.split(' ')
const B =
  'otter heron maple finch comet cedar lynx raven birch tide ember crane moss dune fern gale iris kite loon pine'.split(
    ' ',
  )
const OPTS = ['adamw', 'sgd', 'lion', 'adafactor']
const EXPERIMENTS = ['digits-mlp', 'resnet-sweep', 'lm-small', 'ablation-norm']
const METRICS = [
  ['loss', { subset: 'train' }],
  ['loss', { subset: 'val' }],
  ['acc', { subset: 'train' }],
  ['acc', { subset: 'val' }],
  ['lr', {}],
  ['grad_norm', {}],
]

const runs = []
const byHash = new Map()
function makeRun(i, status, createdAt) {
  const r = random(i * 7919 + 13)
  const hash = Array.from({ length: 16 }, () => Math.floor(r() * 16).toString(16)).join('')
  const opt = OPTS[Math.floor(r() * 4)]
  const duration = 300 + r() * 14000
  const run = {
    hash,
    index: i,
    name: `${A[Math.floor(r() * A.length)]}-${B[Math.floor(r() * B.length)]}${i < 400 ? '' : `-${i}`}`,
    experiment: EXPERIMENTS[i < 60 ? 0 : Math.floor(r() * 4)],
    status,
    created_at: createdAt,
    ended_at: status === 'running' || status === 'stalled' ? null : createdAt + duration,
    duration,
    tags: r() < 0.2 ? ['baseline'] : r() < 0.1 ? ['ablation', 'paper'] : [],
    archived: false,
    source: 'aim',
    description: '',
    lost_points: i === 7 ? 12 : 0,
    params: {
      hparams: {
        lr: [1e-4, 3e-4, 1e-3, 3e-3, 0.01][Math.floor(r() * 5)],
        batch_size: [32, 64, 128][Math.floor(r() * 3)],
        opt,
        seed: i % 5,
        dropout: Number((r() * 0.5).toFixed(2)),
        warmup_steps: 100 * Math.floor(r() * 10),
        schedule: r() < 0.5 ? 'cosine' : null,
      },
      model: { layers: 2 + (i % 10), width: 128 << (i % 4), norm: { kind: i % 2 ? 'layer' : 'rms', eps: 1e-6 } },
      data: { name: 'digits', split: 'v2', augment: i % 3 === 0 },
    },
    notes:
      i === 0
        ? [
            {
              id: 'n1',
              text: '# First look\n\nLoss falls **faster** with warm-up, see `hparams.warmup_steps`.\n\n- try cosine\n- keep the seed\n',
              created_at: createdAt + 60,
              edited_at: createdAt + 90,
            },
          ]
        : [],
    error:
      status === 'failed' ? { type: 'RuntimeError', message: 'CUDA out of memory. Tried to allocate 2.00 GiB' } : null,
    steps: status === 'running' ? 1800 + Math.floor(r() * 600) : i % 50 === 23 ? 200_000 : 3000,
    points: 500,
    deleted: false,
    version: 1,
  }
  if (i % 50 === 23) run.points = 60_000
  if (i === 0) run.description = 'Baseline for the warm-up study. Compare with `brisk-otter` of last week.'
  return run
}
for (let i = 0; i < RUNS; i++) {
  const status =
    i < 3
      ? 'running'
      : i === 3
        ? 'stalled'
        : i % 17 === 9
          ? 'failed'
          : i % 41 === 5
            ? 'interrupted'
            : i % 97 === 11
              ? 'crashed'
              : 'finished'
  const run = makeRun(i, status, START - 3600 - i * 1400 - (i % 7) * 300)
  runs.push(run)
  byHash.set(run.hash, run)
}

const cache = new Map()
/** Points of one sequence: x steps, values, seconds since the start. */
function points(run, n) {
  const key = `${run.hash}/${n}/${run.steps}`
  if (cache.has(key)) return cache.get(key)
  const [name, context] = METRICS[n]
  const r = random(run.index * 31 + n * 101 + 1)
  const count = run.status === 'running' ? Math.floor(run.steps / 6) : run.points
  const x = new Float64Array(count),
    y = new Float64Array(count)
  const lr = run.params.hparams.lr
  const speed = 1.5 + (run.index % 7) * 0.35 + (lr === 1e-3 ? 1 : 0)
  let noise = 0
  for (let i = 0; i < count; i++) {
    const t = count === 60_000 ? i / count : (i * 6) / 3000
    x[i] = count === 60_000 ? Math.floor((i * 200_000) / count) : i * 6
    noise = noise * 0.8 + (r() - 0.5) * (context.subset === 'val' ? 0.12 : 0.07)
    if (name === 'loss')
      y[i] =
        (2.3 * Math.exp(-speed * t * 1.2) + 0.06 + (run.index % 5) * 0.01) *
        Math.exp(noise) *
        (context.subset === 'val' ? 1.15 : 1)
    else if (name === 'acc') y[i] = Math.min(1, Math.max(0, (1 - Math.exp(-speed * 2 * t)) * 0.96 + noise * 0.06))
    else if (name === 'lr') y[i] = lr * Math.min(1, t * 10) * (0.5 + 0.5 * Math.cos(Math.PI * Math.min(1, t)))
    else y[i] = Math.exp(noise * 8) * (0.4 + Math.exp(-t * 3)) - (run.index === 2 ? 0.5 : 0)
  }
  if (name === 'loss' && run.index % 6 === 1 && count > 140) {
    y[133] = 14
    y[134] = 6
    y[135] = 3.2
  }
  if (count === 60_000 && name === 'loss') y[31_234] = 9
  if (name === 'grad_norm' && run.index % 4 === 1) {
    y[200] = NaN
    y[201] = Infinity
  }
  const out = { x, y }
  if (cache.size > 4000) cache.clear()
  cache.set(key, out)
  return out
}
function summary(run, n) {
  const { x, y } = points(run, n)
  let min = Infinity,
    max = -Infinity,
    nan = 0
  for (const v of y) {
    if (!Number.isFinite(v)) {
      nan++
      continue
    }
    if (v < min) min = v
    if (v > max) max = v
  }
  return {
    count: x.length,
    first_step: x[0] ?? 0,
    last_step: x[x.length - 1] ?? 0,
    last: y[y.length - 1],
    min,
    max,
    nan_count: nan,
    hidden_points: 0,
  }
}
const canonical = (c) => JSON.stringify(c)
const dig = (o, path) => path.split('.').reduce((v, k) => (v == null ? undefined : v[k]), o)
const row = (run, columns = []) => {
  const params = {},
    metrics = {}
  for (const c of columns) {
    if (c.startsWith('metric:')) {
      const [name, context, what] = c.slice(7).split('|')
      const n = METRICS.findIndex(([m, k]) => m === name && canonical(k) === context)
      if (n >= 0) metrics[c] = summary(run, n)[what]
    } else {
      const v = dig(run.params, c.replace(/^params\./, ''))
      if (v !== undefined) params[c] = v
    }
  }
  const { hash, name, experiment, status, created_at, ended_at, tags, archived, source, description, lost_points } = run
  return {
    hash,
    name,
    experiment,
    status,
    created_at,
    ended_at,
    duration: status === 'running' ? now() - created_at : run.duration,
    tags,
    archived,
    source,
    description,
    lost_points,
    params,
    metrics,
  }
}
const full = (run) => ({
  ...row(run),
  params: run.params,
  notes: run.notes,
  records: run.points * METRICS.length,
  sequences: METRICS.map(([name, context], n) => ({
    id: `${run.hash}/${n}`,
    name,
    context,
    ...summary(run, n),
    last_time: run.ended_at ?? now(),
  })),
  attempts: 1,
  hidden_points: 0,
  loss: {
    lost_points: run.lost_points,
    lost_events: 0,
    rejected: run.index === 7 ? 1 : 0,
    unsynced: 0,
    causes: run.lost_points ? { 'disk full': run.lost_points } : {},
  },
  error: run.error,
  environment: {
    host: 'node-07',
    pid: 4711,
    python: '3.12.4',
    platform: 'Linux 6.8 x86_64',
    argv: ['train.py', '--opt', run.params.hparams.opt, '--lr', String(run.params.hparams.lr)],
    aim: '5.0.0',
  },
  version: String(run.version),
})
const flat = (o, prefix = '', out = {}) => {
  for (const [k, v] of Object.entries(o)) {
    const p = prefix ? `${prefix}.${k}` : k
    if (v && typeof v === 'object' && !Array.isArray(v)) flat(v, p, out)
    else out[p] = v
  }
  return out
}

const alive = () => runs.filter((r) => !r.deleted)
function select(q, archived = false) {
  const tree = parse(q)
  const wantsArchived = archived || /run\.archived/.test(q)
  return { tree, found: alive().filter((r) => (wantsArchived || !r.archived) && evaluate(tree, { run: r })) }
}
function sorter(sort) {
  const key = (r, by) =>
    by.startsWith('params.')
      ? dig(r.params, by.slice(7))
      : by.startsWith('metrics.')
        ? null
        : by === 'duration'
          ? row(r).duration
          : r[by]
  return (a, b) => {
    for (const { by, desc } of sort) {
      const x = key(a, by),
        y = key(b, by)
      if (x === y) continue
      if (x == null) return 1
      if (y == null) return -1
      return (x < y ? -1 : 1) * (desc ? -1 : 1)
    }
    return 0
  }
}

// ---- frames -----------------------------------------------------------------------------------------------
const align = (n) => (n + 7) & ~7
function frame(entries, complete) {
  const arrays = [],
    parts = []
  let at = 0
  const put = (a) => {
    const small = a.length > 0 && !(a instanceof Float64Array && a.keepWide)
    const made = small ? new Float32Array(a) : a
    arrays.push([at, made.length, small ? 'f4' : 'f8'])
    parts.push([at, made])
    at = align(at + made.byteLength)
    return arrays.length - 1
  }
  const sequences = entries.map((e) => {
    const out = { ...e.meta }
    for (const k of ['x', 'first', 'last', 'min', 'max', 'count', 'smooth'])
      if (e[k]) {
        if (k === 'x') e[k].keepWide = true
        out[k] = put(e[k])
      }
    return out
  })
  let head = Buffer.from(JSON.stringify({ sequences, arrays, complete }))
  head = Buffer.concat([head, Buffer.alloc(align(8 + head.length) - 8 - head.length, ' ')])
  const out = Buffer.alloc(8 + head.length + at)
  out.write('TSF1', 0, 'latin1')
  out.writeUInt32LE(head.length, 4)
  head.copy(out, 8)
  for (const [o, a] of parts) Buffer.from(a.buffer, a.byteOffset, a.byteLength).copy(out, 8 + head.length + o)
  return out
}
function entry(id, x, buckets, range, smoothing) {
  const [hash, n] = id.split('/')
  const run = byHash.get(hash)
  if (!run || run.deleted) return null
  const [name, context] = METRICS[n]
  const p = points(run, Number(n))
  const steps = p.x,
    y = p.y
  const convert =
    x === 'step'
      ? (v) => v
      : x === 'epoch'
        ? (v) => v / 300
        : x === 'time'
          ? (v) => run.created_at + v * 1.3
          : (v) => v * 1.3
  let keep = []
  const nonfinite = []
  for (let i = 0; i < steps.length; i++) {
    const v = convert(steps[i])
    if (range && (v < range[0] || v > range[1])) continue
    if (!Number.isFinite(y[i])) nonfinite.push([v, Number.isNaN(y[i]) ? 'nan' : y[i] > 0 ? 'inf' : '-inf'])
    else keep.push(i)
  }
  let smooth
  if (smoothing) {
    smooth = new Float64Array(steps.length)
    let s = 0,
      m = 0
    const w = smoothing.weight
    for (let i = 0; i < steps.length; i++) {
      if (Number.isFinite(y[i])) {
        s = w * s + (1 - w) * y[i]
        m = w * m + 1 - w
      }
      smooth[i] = s / m
    }
  }
  const meta = {
    id,
    run: hash,
    name,
    context,
    total: keep.length,
    exact: keep.length <= buckets,
    nonfinite,
    nonfinite_total: nonfinite.length,
  }
  if (meta.exact)
    return {
      meta,
      x: Float64Array.from(keep, (i) => convert(steps[i])),
      last: Float64Array.from(keep, (i) => y[i]),
      smooth: smooth && Float64Array.from(keep, (i) => smooth[i]),
    }
  const lo = convert(steps[keep[0]]),
    hi = convert(steps[keep[keep.length - 1]]),
    cols = []
  let cur = null
  for (const i of keep) {
    const v = convert(steps[i])
    const b = Math.min(buckets - 1, Math.floor(((v - lo) / (hi - lo || 1)) * buckets))
    if (!cur || cur.b !== b) {
      cur = { b, x: v, first: y[i], last: y[i], min: y[i], max: y[i], n: 0, s: 0 }
      cols.push(cur)
    }
    cur.last = y[i]
    cur.n++
    if (y[i] < cur.min) cur.min = y[i]
    if (y[i] > cur.max) cur.max = y[i]
    if (smooth) cur.s = smooth[i]
  }
  const col = (k) => Float64Array.from(cols, (c) => c[k])
  return {
    meta,
    x: col('x'),
    first: col('first'),
    last: col('last'),
    min: col('min'),
    max: col('max'),
    count: col('n'),
    smooth: smooth && col('s'),
  }
}

// ---- http -------------------------------------------------------------------------------------------------
const FLOATS = (k, v) =>
  typeof v === 'number' && !Number.isFinite(v) ? { $float: Number.isNaN(v) ? 'nan' : v > 0 ? 'inf' : '-inf' } : v
const send = (res, status, body) => {
  res.writeHead(status, { 'content-type': 'application/json' })
  res.end(JSON.stringify(body, FLOATS))
}
const fail = (res, status, code, message, more = {}) => send(res, status, { error: { code, message, ...more } })
const clients = new Set()
const tell = (data) => {
  for (const c of clients)
    c.write(`event: change\ndata: ${JSON.stringify({ runs: [], new_runs: [], removed: [], at: now(), ...data })}\n\n`)
}
const read = async (req) => {
  const parts = []
  for await (const c of req) parts.push(c)
  return parts.length ? JSON.parse(Buffer.concat(parts).toString()) : {}
}
const counts = (list) => Object.entries(list.reduce((m, k) => ((m[k] = (m[k] ?? 0) + 1), m), {}))

function known(found) {
  const values = {}
  for (const r of found.slice(0, 300)) for (const [p, v] of Object.entries(flat(r.params))) (values[p] ??= []).push(v)
  return {
    params: Object.entries(values).map(([p, v]) => ({
      path: p,
      count: found.length,
      distinct: Math.min(100, new Set(v).size),
      kinds: [...new Set(v.map((x) => typeof x))],
    })),
    metrics: found.length
      ? METRICS.map(([name, context]) => ({ name, context: canonical(context), count: found.length, goal: null }))
      : [],
  }
}

async function api(req, res, path, url) {
  if (path === 'info') {
    const all = alive()
    return send(res, 200, {
      version: '5.0.0',
      repo_path: 'work/.aim',
      exports: ['csv', 'json', 'markdown'],
      read_only: false,
      runs: all.length,
      active_runs: all.filter((r) => r.status === 'running').length,
      archived_runs: all.filter((r) => r.archived).length,
      points: all.length * 3000,
      size_bytes: all.length * 120_000,
      experiments: counts(all.map((r) => r.experiment)).map(([name, n]) => ({ name, runs: n })),
      catching_up: null,
      now: now(),
    })
  }
  if (path === 'live') {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    res.write('event: hello\ndata: {}\n\n')
    clients.add(res)
    const t = setInterval(() => res.write('event: ping\ndata: {}\n\n'), 15000)
    return req.on('close', () => {
      clients.delete(res)
      clearInterval(t)
    })
  }
  if (path === 'home') {
    const all = alive().filter((r) => !r.archived)
    const days = {}
    for (const r of all) {
      const d = new Date(r.created_at * 1000).toISOString().slice(0, 10)
      days[d] = (days[d] ?? 0) + 1
    }
    return send(res, 200, {
      active: all
        .filter((r) => r.status === 'running' || r.status === 'stalled')
        .slice(0, 8)
        .map((r) => {
          const { y } = points(r, 1)
          const k = Math.max(1, Math.floor(y.length / 60))
          return {
            ...row(r),
            headline: {
              name: 'loss',
              context: { subset: 'val' },
              last: y[y.length - 1],
              last_step: r.steps,
              spark: Array.from(y)
                .filter((_, i) => i % k === 0)
                .slice(0, 60),
            },
          }
        }),
      recent: all.slice(0, 20).map((r) => row(r)),
      activity: Object.entries(days).map(([day, n]) => ({ day, runs: n })),
      totals: { runs: all.length, points: all.length * 3000, size_bytes: all.length * 120000 },
      experiments: counts(all.map((r) => r.experiment)).map(([name, n]) => ({ name, runs: n })),
    })
  }
  if (path === 'query/names') {
    const prefix = url.searchParams.get('prefix') ?? ''
    const ok = (n) => n.toLowerCase().includes(prefix.toLowerCase())
    return send(res, 200, {
      fields: [
        'run.name',
        'run.hash',
        'run.experiment',
        'run.status',
        'run.tags',
        'run.created_at',
        'run.duration',
        'run.archived',
        'metric.name',
        'metric.last',
        'metric.min',
        'metric.max',
        'context.subset',
      ].filter(ok),
      metrics: ['loss', 'acc', 'lr', 'grad_norm'].filter(ok).map((name) => ({ name, count: runs.length })),
      tf_metrics: [],
      params: Object.keys(flat(runs[0]?.params ?? {}))
        .filter(ok)
        .map((p) => ({ path: p, count: runs.length })),
      contexts: [
        {
          key: 'subset',
          values: [
            { value: 'train', count: runs.length },
            { value: 'val', count: runs.length },
          ],
        },
      ],
      experiments: EXPERIMENTS,
      tags: ['baseline', 'ablation', 'paper'],
    })
  }
  const one = /^runs\/([0-9a-f]{16})(\/edit)?$/.exec(path)
  if (one) {
    const run = byHash.get(one[1])
    if (!run || run.deleted) return fail(res, 404, 'not_found', `no run ${one[1]} in this repo`)
    if (!one[2]) return send(res, 200, full(run))
    const b = await read(req)
    if (
      b.base_version &&
      b.base_version !== String(run.version) &&
      (b.name !== undefined || b.description !== undefined || b.note)
    )
      return send(res, 409, { error: { code: 'conflict', message: 'changed meanwhile' }, run: full(run) })
    for (const k of ['name', 'description', 'experiment', 'archived']) if (b[k] !== undefined) run[k] = b[k]
    if (b.add_tags) run.tags = [...new Set([...run.tags, ...b.add_tags])]
    if (b.remove_tags) run.tags = run.tags.filter((t) => !b.remove_tags.includes(t))
    if (b.note) {
      if (b.note.id)
        run.notes =
          b.note.text === null
            ? run.notes.filter((n) => n.id !== b.note.id)
            : run.notes.map((n) => (n.id === b.note.id ? { ...n, text: b.note.text, edited_at: now() } : n))
      else
        run.notes = [...run.notes, { id: `n${Math.random()}`, text: b.note.text, created_at: now(), edited_at: now() }]
    }
    run.version++
    tell({ runs: [run.hash] })
    return send(res, 200, full(run))
  }
  if (req.method !== 'POST') return fail(res, 404, 'not_found', `no ${path}`)
  const b = await read(req)
  const t0 = performance.now()
  if (path === 'runs/search') {
    const { found } = select(b.q ?? '', b.archived)
    const more = b.known || b.columns === null ? { known: known(found) } : {}
    if (b.columns === null)
      b.columns = more.columns = [
        ...more.known.params
          .filter((p) => p.distinct > 1)
          .slice(0, 5)
          .map((p) => p.path),
        ...more.known.metrics.slice(0, 4).map((m) => `metric:${m.name}|${m.context}|last`),
      ]
    if (b.sort?.length) found.sort(sorter(b.sort))
    else found.sort((x, y) => y.created_at - x.created_at)
    return send(res, 200, {
      total: alive().length,
      matched: found.length,
      ...more,
      offset: b.offset ?? 0,
      rows: found
        .slice(b.offset ?? 0, (b.offset ?? 0) + (b.limit ?? 100))
        .map((r) => row(r, b.columns))
        .map((r) =>
          b.form === 'listed' ? { ...r, cells: (b.columns ?? []).map((c) => r.metrics[c] ?? r.params[c] ?? null) } : r,
        ),
      hints: found.length ? [] : ['no param `hparams.learning_rate`; nearest: `hparams.lr`'],
      took_ms: performance.now() - t0,
    })
  }
  if (path === 'runs/columns') {
    return send(res, 200, known(select(b.q ?? '').found))
  }
  if (path === 'runs/bulk') {
    const done = [],
      failed = []
    for (const h of b.hashes) {
      const r = byHash.get(h)
      if (!r) {
        failed.push({ hash: h, message: 'not found' })
        continue
      }
      if (b.action === 'delete') r.deleted = true
      else if (b.action === 'restore') r.deleted = false
      else if (b.action === 'archive') r.archived = true
      else if (b.action === 'unarchive') r.archived = false
      else if (b.action === 'add_tag') r.tags = [...new Set([...r.tags, b.tag])]
      else r.tags = r.tags.filter((t) => t !== b.tag)
      done.push(h)
    }
    tell({ runs: done })
    return send(res, 200, { done, failed })
  }
  if (path === 'metrics/search') {
    const tree = parse(b.q ?? '')
    const sequences = [],
      used = {}
    let truncated = false,
      matched = 0
    const limit = b.limit ?? 2000
    for (const r of alive()
      .filter((x) => !x.archived)
      .sort((x, y) => y.created_at - x.created_at))
      METRICS.forEach(([name, context], n) => {
        const bind = { run: r, metric: { name }, context }
        if ((tree.metrics && !tree.metrics.includes(name)) || !evaluate(tree, bind)) return
        matched++
        if (sequences.length >= limit) {
          truncated = true
          return
        }
        sequences.push({ id: `${r.hash}/${n}`, run: r.hash, name, context, ...summary(r, n) })
        used[r.hash] = {
          name: r.name,
          experiment: r.experiment,
          status: r.status,
          created_at: r.created_at,
          tags: r.tags,
          params: r.params,
        }
      })
    return send(res, 200, {
      total: alive().length,
      matched_runs: Object.keys(used).length,
      matched_sequences: matched,
      truncated,
      runs: used,
      sequences,
      hints: [],
      took_ms: performance.now() - t0,
    })
  }
  if (path === 'metrics/frame') {
    res.writeHead(200, { 'content-type': 'application/x-tsf' })
    for (let i = 0; i < b.sequences.length; i += 50) {
      const batch = b.sequences
        .slice(i, i + 50)
        .map((id) => entry(id, b.x, b.buckets, b.range, b.smoothing))
        .filter(Boolean)
      res.write(frame(batch, i + 50 >= b.sequences.length))
    }
    return res.end()
  }
  if (path === 'query/check') {
    parse(b.q ?? '')
    return send(res, 200, { ok: true })
  }
  return fail(res, 404, 'not_found', `no ${path}`)
}

const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html' }
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-mock'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'"
createServer(async (req, res) => {
  const url = new URL(req.url, 'http://x')
  try {
    if (url.pathname.startsWith('/api/v1/')) return await api(req, res, decodeURIComponent(url.pathname.slice(8)), url)
    const file = normalize(join(STATIC, url.pathname))
    const known = file.startsWith(STATIC) && extname(file) && TYPES[extname(file)]
    const body = await readFile(known ? file : join(STATIC, 'index.html'))
    res.writeHead(200, {
      'content-type': known || 'text/html',
      'content-security-policy': CSP,
      'x-content-type-options': 'nosniff',
    })
    res.end(known ? body : body.toString().replace(/\b(src|href)="\.\//g, '$1="/'))
  } catch (e) {
    if (e.query) return fail(res, 400, e.query.code, e.message, e.query)
    if (!res.headersSent) fail(res, e.code === 'ENOENT' ? 404 : 500, 'internal', String(e.stack ?? e))
    else res.end()
  }
}).listen(PORT, '127.0.0.1', () => console.log(`mock server on http://127.0.0.1:${PORT}`))

if (LIVE)
  setInterval(() => {
    const active = runs.filter((r) => r.status === 'running' && !r.deleted)
    for (const r of active) {
      r.steps += 12
      if (r.steps > 3000) r.steps = 1800
    }
    const fresh = []
    if (Math.random() < 0.02) {
      const r = makeRun(runs.length + 1, 'running', now())
      r.steps = 60
      runs.unshift(r)
      byHash.set(r.hash, r)
      fresh.push(r.hash)
    }
    if (active.length) tell({ runs: active.map((r) => r.hash), new_runs: fresh })
  }, 1000)
void names
