import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { backend } from '../index.js';

// The engine of before, to compare with. Its rules have a spec of their own.
if (process.env['ATTUNE_ALL_ENGINES']) {
  await describeBackend({
    name: 'wasm, tfjs',
    create: () => backend.create({ engine: 'tfjs' }),
    runner: { describe, test, beforeAll, afterAll },
    fixtures,
  });
} else {
  test.skip('the whole kit on tfjs: it runs where ATTUNE_ALL_ENGINES is set', () => undefined);
}
