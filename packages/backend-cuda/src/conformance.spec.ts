import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { GraphBuilder, hostTensor } from '@attune/core';
import { backend } from './index.js';
import { reasonToSkip } from './testing/tensorflow.js';

/** Indices are checked when the run comes to them. */
function lookup() {
  const g = new GraphBuilder('lookup');
  // Computed, since those of a feed are checked before the run.
  const ids = g.feed('ids', { shape: [2], dtype: 'i32' });
  g.output('rows', g.gather(g.constant(0, [3, 2]), g.add(ids, ids)));
  return g.build();
}

if (reasonToSkip) {
  test.skip(`the conformance kit on TensorFlow: ${reasonToSkip}`, () => undefined);
} else {
  await describeBackend({
    name: 'cuda',
    create: () => backend.create({ allowCpu: true }),
    runner: { describe, test, beforeAll, afterAll },
    fixtures,
    failingRun: { program: lookup(), feeds: { ids: hostTensor('i32', [2], [0, 7]) } },
  });
}
