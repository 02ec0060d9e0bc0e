import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { createFromSource } from './testing/create.js';

// The engine of before, which runs can go on with.
await describeBackend({
  name: 'cpu, onnxruntime',
  create: () => createFromSource(),
  runner: { describe, test, beforeAll, afterAll },
  fixtures,
});
