import { defineConfig } from 'vite';

/** Cross-origin isolation, which gives the page SharedArrayBuffer, and so WebAssembly its threads. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  // Wherever it is put: on a server's root, or in a folder of a site.
  base: './',
  publicDir: false,
  resolve: { conditions: ['@attune/source', 'module', 'browser', 'development|production'] },
  worker: { format: 'es' },
  server: { headers },
  preview: { headers },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: Infinity,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
