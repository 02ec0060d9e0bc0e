import { GraphBuilder, hostTensor } from '@attune/core';

function lookup() {
  const g = new GraphBuilder('lookup');
  // Computed, since those of a feed are checked before the run.
  const ids = g.feed('ids', { shape: [2], dtype: 'i32' });
  g.output('rows', g.gather(g.constant(0, [3, 2]), g.add(ids, ids)));
  return g.build();
}

/** An index out of range is noticed when the rows are looked up: a run that fails halfway. */
export const failingRun = { program: lookup(), feeds: { ids: hostTensor('i32', [2], [0, 7]) } };
