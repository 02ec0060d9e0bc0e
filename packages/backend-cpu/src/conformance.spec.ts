import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { createFromSource } from './onnxruntime/testing/create.js';

await describeBackend({
  name: 'cpu',
  create: () => createFromSource(),
  runner: { describe, test, beforeAll, afterAll },
  fixtures,
});
