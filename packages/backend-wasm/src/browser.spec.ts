import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fixtures } from '@attune/backend-testkit/node';
import { describeInBrowser } from '@attune/browser-harness';

const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

/** The kit's fixtures, and the module's files where the page looks for them. */
const files = (path: string): Promise<Uint8Array> =>
  path.startsWith('wasm/') ? readFile(`${folder}/${path.slice('wasm/'.length)}`) : fixtures(path);

const page = new URL('./testing/conformance.page.ts', import.meta.url);
const runner = { describe, test, beforeAll, afterAll };

// Isolated, tfjs takes its module with threads.
await describeInBrowser({ name: 'in a page that is cross-origin isolated', page, runner, files });
await describeInBrowser({
  name: 'in a worker',
  page,
  runner,
  files,
  worker: true,
  crossOriginIsolated: false,
});
