import { defineConfig } from 'vite';
import { headers, isolationHeaders, metaPolicy } from './security-headers.js';

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

export default defineConfig({
  // Wherever it is put: on a server's root, or in a folder of a site.
  base: './',
  publicDir: false,
  plugins: [withPolicy],
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
