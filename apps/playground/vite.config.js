import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { defineConfig, transformWithOxc } from 'vite';
import manifest from './package.json' with { type: 'json' };
import { addedHeaders, headers, isolationHeaders, metaPolicy } from './security-headers.js';

/** Puts the policy into the page that is built. The development server has scripts and styles of its own in it. */
const withPolicy = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: metaPolicy },
      injectTo: 'head-prepend',
    },
    { tag: 'meta', attrs: { name: 'referrer', content: 'no-referrer' }, injectTo: 'head-prepend' },
  ],
};

/**
 * Writes the service worker beside the page: its scope is the folder that it lies in, and its name has to stay, so that
 * browsers find the next version.
 */
const withServiceWorker = {
  name: 'isolation-service-worker',
  apply: 'build',
  async generateBundle() {
    const path = fileURLToPath(new URL('src/isolation/service-worker.ts', import.meta.url));
    const { code } = await transformWithOxc(await readFile(path, 'utf8'), path, { sourcemap: false });
    const source = `const ADDED_HEADERS = ${JSON.stringify(addedHeaders)};\n${code}`;
    this.emitFile({ type: 'asset', fileName: 'isolation-worker.js', source });
  },
};

export default defineConfig({
  // Wherever it is put: on a server's root, or in a folder of a site.
  base: './',
  publicDir: false,
  plugins: [withPolicy, withServiceWorker],
  define: { ATTUNE_VERSION: JSON.stringify(manifest.version) },
  resolve: { conditions: ['@attune/source', 'module', 'browser', 'development|production'] },
  worker: { format: 'es' },
  server: { headers: isolationHeaders },
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
