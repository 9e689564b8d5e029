import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { licenses } from './plugins/licenses.mjs'

/** What few look at is loaded when it is asked for. */
const LATE =
  /(ChartTable|ColumnPicker|ColumnTree|FirstStartPage|HelpContents|HelpHits|HelpPage|HelpSearch|Histogram|RunMissing|RunPanel)\.tsx$|columnsTree\.ts$|draw\/(exports|figure|svg)\.ts$|curves\/exports\//
const MARKDOWN = /MarkdownRendered|markdownHtml|node_modules\/(marked|dompurify)\//

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
    // Two chunks besides that of Markdown: the first load and what is loaded late. Left alone, rolldown makes a third of
    // what both import, and the first load grows.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'late', test: LATE, priority: 1 },
            { name: 'main', test: (id: string) => !MARKDOWN.test(id) },
          ],
          includeDependenciesRecursively: false,
        },
      },
    },
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
  // Long enough for a machine that does other work too.
  test: { include: ['test/**/*.test.{ts,tsx}'], testTimeout: 30_000 },
})
