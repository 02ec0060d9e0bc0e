import { describeInBrowser } from '@attune/browser-harness';

const page = new URL('../testing/web.page.ts', import.meta.url);
const runner = { describe, test, beforeAll, afterAll };

await describeInBrowser({ name: 'in a page', page, runner });
await describeInBrowser({ name: 'in a worker', page, runner, worker: true });
