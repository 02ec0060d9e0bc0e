import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { backend } from './index.js';

const found = await backend.isAvailable();
if (found.available) {
  await describeBackend({
    name: 'cpu',
    create: () => backend.create({ threads: 2 }),
    runner: { describe, test, beforeAll, afterAll },
    fixtures,
  });
} else {
  test.skip(`the native engine: ${found.reason}`, () => undefined);
}
