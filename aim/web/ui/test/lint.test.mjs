// Each rule that holds the shape of src is seen to fail, on files planted beside a copy of the configuration.
// `node --test`: the linter is a process, and the front end has no types of Node.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'

const root = mkdtempSync(join(tmpdir(), 'aim-lint-'))
after(() => rmSync(root, { recursive: true }))

const exporting = (path) => `import { a } from '${path}'\nexport const b = a\n`

const FORBIDDEN = {
  'src/base/api/up.ts': '../../widgets/y',
  'src/widgets/up.ts': '../charts/view',
  'src/widgets/grid/up.ts': '../../parts/query/y',
  'src/charts/up.ts': '../parts/curves/y',
  'src/charts/data/up.ts': '../layout/axis',
  'src/charts/data/out.ts': '../../parts/curves/y',
  'src/charts/layout/up.ts': '../draw/y',
  'src/charts/draw/up.ts': '../interact/y',
  'src/charts/interact/up.ts': '../view',
  'src/parts/query/up.ts': '../../features/runs/y',
  'src/features/runs/aside.ts': '../run/y',
  'src/features/run/aside.ts': '../../features/home/y',
  'src/features/home/up.ts': '../../app/registry',
}

const ALLOWED = {
  'src/app/down.ts': '../features/runs/y',
  'src/features/runs/down.ts': '../../parts/query/y',
  'src/parts/query/down.ts': '../../charts/view',
  'src/charts/draw/down.ts': '../layout/axis',
  'src/charts/data/down.ts': '../../base/series',
  'src/widgets/grid/down.ts': '../basics',
}

const COMPONENTS = {
  'src/widgets/Conditional.tsx': `import { useState } from 'react'
export function X({ on }: { on: boolean }) {
  if (on) useState(0)
  return null
}
`,
  'src/widgets/Incomplete.tsx': `import { useEffect } from 'react'
export function X({ f, n }: { f: (n: number) => void; n: number }) {
  useEffect(() => f(n), [f])
  return null
}
`,
}

function failures() {
  const files = { ...COMPONENTS }
  for (const [file, path] of [...Object.entries(FORBIDDEN), ...Object.entries(ALLOWED)]) files[file] = exporting(path)
  files['src/base/circle.ts'] = exporting('./round')
  files['src/base/round.ts'] = "export { b as a } from './circle'\n"
  copyFileSync('.oxlintrc.json', join(root, '.oxlintrc.json'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const oxlint = realpathSync('node_modules/.bin/oxlint')
  const { stdout, stderr } = spawnSync(process.execPath, [oxlint, '-f', 'json'], { cwd: root, encoding: 'utf8' })
  assert.ok(stdout, stderr)
  const found = {}
  for (const d of JSON.parse(stdout).diagnostics) (found[d.filename] ??= []).push(/\((.*)\)/.exec(d.code)[1])
  return found
}

const found = failures()

for (const [file, path] of Object.entries(FORBIDDEN)) {
  test(`${file} must not import ${path}`, () => assert.deepEqual(found[file], ['no-restricted-imports']))
}

test('imports that point downwards pass', () => {
  for (const file of Object.keys(ALLOWED)) assert.deepEqual(found[file], undefined, file)
})

test('a circle of imports fails', () => assert.ok(found['src/base/circle.ts']?.includes('no-cycle')))

test('a hook in a condition fails', () => {
  assert.ok(found['src/widgets/Conditional.tsx']?.includes('rules-of-hooks'))
})

test('an effect that leaves out what it reads fails', () => {
  assert.ok(found['src/widgets/Incomplete.tsx']?.includes('exhaustive-deps'))
})
