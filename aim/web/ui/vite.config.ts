import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { licenses } from './plugins/licenses.mjs'

// `base: './'`: the page may be served under any path; the server writes out `./` in index.html and fills in the aim-base meta.
export default defineConfig({
  base: './',
  plugins: [react(), licenses()],
  // A class is named after its file, which no two share: hashes do not compress.
  css: {
    modules: { generateScopedName: (name, file) => `${name}_${/([^/]+)\.module\.css/.exec(file)![1]!}` },
  },
  build: {
    outDir: '../static',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
  server: {
    port: 5173,
    proxy: {
      '/api':
        (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env.AIM_UI_SERVER ??
        'http://127.0.0.1:43801',
    },
  },
  test: { include: ['test/**/*.test.{ts,tsx}'] },
})
