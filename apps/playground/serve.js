/**
 * Builds the page from the packages' sources and serves it: `node serve.js [--port 4173] [--out dist]`. Prints where it
 * is.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, preview } from 'vite';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '4173' }, out: { type: 'string', default: 'dist' } },
});
const root = fileURLToPath(new URL('.', import.meta.url));
const common = { root, logLevel: 'warn', build: { outDir: values.out, emptyOutDir: true } };

await build(common);
const server = await preview({ ...common, preview: { host: '127.0.0.1', port: Number(values.port) } });
console.log(`The playground is at ${server.resolvedUrls.local[0]}`);
