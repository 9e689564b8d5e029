// Writes licenses.txt beside the assets: the licence of every package that went into them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export function licenses() {
  return {
    name: 'licenses',
    apply: 'build',
    generateBundle(_options, bundle) {
      const folders = new Map()
      for (const chunk of Object.values(bundle)) {
        for (const id of chunk.type === 'chunk' ? chunk.moduleIds : []) {
          const m = /^\0?(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(id.replace(/\\/g, '/'))
          if (m) folders.set(m[2], m[1])
        }
      }
      const parts = [...folders]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, folder]) => {
          const info = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
          const file = readdirSync(folder).find((f) => /^(licen[cs]e|copying)/i.test(f))
          if (!file) this.error(`${name} brings no licence file`)
          return `${name} ${info.version} (${info.license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
        })
      this.emitFile({
        type: 'asset',
        fileName: 'licenses.txt',
        source: `The web UI contains these packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`,
      })
    },
  }
}
