import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { createFromSource } from './testing/create.js';

// The engine of before, which runs can go on with. WebGPU's kit runs the same lowering.
if (process.env['ATTUNE_ALL_ENGINES']) {
  await describeBackend({
    name: 'cpu, onnxruntime',
    create: () => createFromSource(),
    runner: { describe, test, beforeAll, afterAll },
    fixtures,
  });
} else {
  test.skip('the whole kit on onnxruntime: it runs where ATTUNE_ALL_ENGINES is set', () => undefined);
}
