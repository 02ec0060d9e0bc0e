import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { after as afterAll, before as beforeAll, describe, test } from 'node:test';
import { backend } from './index.js';

await describeBackend({
  name: 'typed-arrays',
  create: () => backend.create(),
  runner: { describe, test, beforeAll, afterAll },
  fixtures,
});
