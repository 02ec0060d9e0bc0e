import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { GraphBuilder, hostTensor } from '@attune/core';
import { createFromSource } from './testing/create.js';

/** onnxruntime checks indices when it comes to them: a run that fails halfway. */
function lookup() {
  const g = new GraphBuilder('lookup');
  // Computed, since those of a feed are checked before the run.
  const ids = g.feed('ids', { shape: [2], dtype: 'i32' });
  g.output('rows', g.gather(g.constant(0, [3, 2]), g.add(ids, ids)));
  return g.build();
}

await describeBackend({
  name: 'cpu',
  create: () => createFromSource(),
  runner: { describe, test, beforeAll, afterAll },
  fixtures,
  failingRun: { program: lookup(), feeds: { ids: hostTensor('i32', [2], [0, 7]) } },
});
