import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/**
 * Builds the page from the packages' sources.
 *
 * @param outDir where to, relative to this folder.
 * @param base the path that it will be served at. Default: whichever.
 * @returns the configuration, which serves it.
 */
export async function buildPage(outDir, base) {
  const root = fileURLToPath(new URL('.', import.meta.url));
  const config = { root, ...(base && { base }), logLevel: 'warn', build: { outDir, emptyOutDir: true } };
  await build(config);
  return config;
}
