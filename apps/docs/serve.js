/**
 * Serves what was built: `node serve.js [--port 4174] [--base /folder/]`. Prints where it is. The playground gets its headers
 * of security and cross-origin isolation under its own path; the site's pages have their policy in themselves.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { headers as playgroundHeaders } from '../playground/security-headers.js';
import { app as folder } from './build/places.js';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '4174' }, base: { type: 'string', default: '/' } },
});
const root = join(folder, 'dist');
if (!existsSync(join(root, 'index.html'))) {
  console.error('There is no site in apps/docs/dist: build it with `npm run docs`.');
  process.exit(1);
}

const siteHeaders = {
  'Content-Security-Policy': "frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

const { base } = values;
const site = new Hono();
site.use(async (context, next) => {
  await next();
  const isPlayground = context.req.path.startsWith(`${base}playground/`);
  for (const header of Object.entries(isPlayground ? playgroundHeaders : siteHeaders))
    context.header(...header);
});
site.use(
  `${base}*`,
  serveStatic({ root, rewriteRequestPath: (path) => `/${path.slice(base.length)}`, precompressed: false }),
);
site.notFound((context) => context.text('There is no such page.', 404));

serve({ fetch: site.fetch, hostname: '127.0.0.1', port: Number(values.port) }, ({ port }) =>
  console.log(`The site is at http://127.0.0.1:${port}${base}`),
);
