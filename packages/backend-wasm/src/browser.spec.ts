import { readFile } from 'node:fs/promises';
import { fixtures } from '@attune/backend-testkit/node';
import { describeInBrowser } from '@attune/browser-harness';

const folder = new URL('../../engine/dist/wasm/', import.meta.url);

/** The kit's fixtures, and the module's files where the page looks for them. */
const files = (path: string): Promise<Uint8Array> =>
  path.startsWith('wasm/') ? readFile(new URL(path.slice('wasm/'.length), folder)) : fixtures(path);

const page = new URL('./testing/conformance.page.ts', import.meta.url);
const runner = { describe, test, beforeAll, afterAll };

// Isolated, the engine has threads.
await describeInBrowser({ name: 'in a page that is cross-origin isolated', page, runner, files });
await describeInBrowser({
  name: 'in a worker',
  page,
  runner,
  files,
  worker: true,
  crossOriginIsolated: false,
});
