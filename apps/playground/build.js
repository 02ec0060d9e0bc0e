/**
 * Builds the page into a folder that any server of files can serve: `node build.js [--out dist] [--base /path/]`. The base
 * is the path that it will be served at; without one, it works at any.
 */
import { parseArgs } from 'node:util';
import { buildPage } from './build-page.js';

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'dist' }, base: { type: 'string' } },
});
await buildPage(values.out, values.base);
