import { fixtures } from '@attune/backend-testkit/node';
import { describeInBrowser } from '@attune/browser-harness';

await describeInBrowser({
  name: 'in a page',
  page: new URL('./testing/conformance.page.ts', import.meta.url),
  webgpu: true,
  runner: { describe, test, beforeAll, afterAll },
  files: fixtures,
  timeoutMs: 60_000,
});
