import { defineConfig } from 'vite';

/** They isolate the page from other origins, which WebAssembly's threads need. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({ base: './', server: { headers }, preview: { headers } });
