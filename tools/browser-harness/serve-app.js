/**
 * Serves a Vite application on this machine, with Vite's defaults and cross-origin isolation: `node serve-app.js
 * <application>` builds it first, with `--dev` it runs the development server. Prints where it is.
 */
import { parseArgs } from 'node:util';
import { build, createServer, preview } from 'vite';

const { values, positionals } = parseArgs({
  options: { dev: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const where = { host: '127.0.0.1', port: 0, headers };
const config = { root: positionals[0], configFile: false, logLevel: 'error', server: where, preview: where };

let server;
if (values.dev) server = await (await createServer(config)).listen();
else {
  await build(config);
  server = await preview(config);
}
const { port } = server.httpServer.address();
console.log(`Serving http://127.0.0.1:${port}/`);
