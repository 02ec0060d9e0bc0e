import { defineConfig } from 'vite';

/** They isolate the page from other origins, which WebAssembly's threads need. A static host has to send them, too. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  base: './',
  // The worker has a top-level await.
  worker: { format: 'es' },
  server: { headers },
  preview: { headers },
});
