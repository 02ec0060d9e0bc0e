/**
 * Bundles a page's entry with Vite, from the packages' sources: `node bundle-page.js <entry> <folder>` writes
 * `<folder>/tests.js` and what it loads. A process of its own, since Vite does not run in jest's module loader.
 */
import { dirname } from 'node:path';
import { build } from 'vite';

const [entry, folder] = process.argv.slice(2);

await build({
  configFile: false,
  root: dirname(entry),
  logLevel: 'error',
  publicDir: false,
  base: '/',
  resolve: { conditions: ['@attune/source', 'module', 'browser', 'development|production'] },
  worker: { format: 'es' },
  build: {
    outDir: folder,
    emptyOutDir: true,
    target: 'es2022',
    minify: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: Infinity,
    rolldownOptions: { input: entry, output: { entryFileNames: 'tests.js' } },
  },
});
