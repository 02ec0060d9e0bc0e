import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { backend } from '../index.js';

// The engine of before, to compare with.
await describeBackend({
  name: 'wasm, tfjs',
  create: () => backend.create({ engine: 'tfjs' }),
  runner: { describe, test, beforeAll, afterAll },
  fixtures,
});
