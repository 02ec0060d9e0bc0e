import { writeFile } from 'node:fs/promises';
import { fixtures } from '@attune/backend-testkit/node';
import { describeInBrowser } from '@attune/browser-harness';

const runner = { describe, test, beforeAll, afterAll };
const common = { runner, webgpu: true, timeoutMs: 300_000 };

await describeInBrowser({
  ...common,
  name: 'in a page',
  page: new URL('./testing/conformance.page.ts', import.meta.url),
  files: fixtures,
  // `tools/conformance/report.js webgpu` names a file for the report.
  save: async (_path, bytes) => {
    const file = process.env['ATTUNE_CONFORMANCE_REPORT'];
    if (file !== undefined) await writeFile(file, bytes);
  },
});

await describeInBrowser({
  ...common,
  name: 'in a worker, without cross-origin isolation',
  page: new URL('./testing/device.page.ts', import.meta.url),
  worker: true,
  crossOriginIsolated: false,
});
