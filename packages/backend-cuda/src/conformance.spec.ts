import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { backend } from './index.js';
import { reasonToSkip } from './testing/tensorflow.js';

if (reasonToSkip) {
  test.skip(`the conformance kit on TensorFlow: ${reasonToSkip}`, () => undefined);
} else {
  await describeBackend({
    name: 'cuda',
    create: () => backend.create({ allowCpu: true }),
    runner: { describe, test, beforeAll, afterAll },
    fixtures,
  });
}
