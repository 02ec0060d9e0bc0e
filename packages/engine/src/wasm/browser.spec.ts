import { describeInBrowser } from '@attune/browser-harness';

const page = new URL('../testing/host.page.ts', import.meta.url);
const runner = { describe, test, beforeAll, afterAll };

await describeInBrowser({ name: 'in a page that is cross-origin isolated', page, runner });
await describeInBrowser({ name: 'in another page', page, runner, crossOriginIsolated: false });
await describeInBrowser({ name: 'in a worker', page, runner, worker: true });
