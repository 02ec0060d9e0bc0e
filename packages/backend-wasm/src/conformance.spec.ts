import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { backend } from './index.js';

await describeBackend({
  name: 'wasm',
  create: () => backend.create({ threads: 2 }),
  runner: { describe, test, beforeAll, afterAll },
  fixtures,
});
