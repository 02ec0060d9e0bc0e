import { backend as reference } from '@attune/backend-reference';
import { crossEntropy } from '@attune/nn';
import { allocateParameters, evaluateModel } from '../index.js';
import { arrayDataset } from '../testing/array-dataset.js';
import { onRanks } from '../testing/on-ranks.js';
import { tinyBatches, tinyModel } from '../testing/tiny-model.js';

const options = async (batches: number) => {
  const backend = await reference.create();
  const model = tinyModel();
  const state = await allocateParameters(backend, model, { seed: 1 });
  return { backend, model, state, loss: crossEntropy(), data: arrayDataset(tinyBatches(batches, 2)) };
};

test.each([
  [5, undefined],
  [5, 2],
  // One of the ranks has no batch at all.
  [2, undefined],
])(
  'three ranks find the loss of one process over %i batches, of which %p are taken',
  async (count, batches) => {
    const alone = await evaluateModel({ ...(await options(count)), batches });
    const ranks = await onRanks(3, async (communicator) =>
      evaluateModel({ ...(await options(count)), batches, communicator }),
    );
    expect(ranks[0]!.loss).toBeCloseTo(alone.loss, 9);
    expect(ranks[0]!.tokens).toBe(alone.tokens);
    expect(ranks).toEqual([ranks[0], ranks[0], ranks[0]]);
  },
);

test('no target on any rank is an error on all', async () => {
  const codes = await onRanks(2, async (communicator) => {
    const given = await options(0);
    return evaluateModel({ ...given, communicator }).catch((error: { code: string }) => error.code);
  });
  expect(codes).toEqual(['NO_TARGETS', 'NO_TARGETS']);
});
