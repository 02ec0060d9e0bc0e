/** Builds the page and serves it on this machine: `node serve.js [--port 4173] [--out dist]`. Prints where it is. */
import { parseArgs } from 'node:util';
import { preview } from 'vite';
import { buildPage } from './build-page.js';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '4173' }, out: { type: 'string', default: 'dist' } },
});
const config = await buildPage(values.out);
const server = await preview({ ...config, preview: { host: '127.0.0.1', port: Number(values.port) } });
console.log(`The playground is at ${server.resolvedUrls.local[0]}`);
