import type { Dataset } from '@attune/core';
import { backend as reference } from '@attune/backend-reference';
import { exampleDataset, exampleEvaluation, ExampleStore } from '@attune/data';
import { crossEntropy, gpt2 } from '@attune/nn';
import { allocateParameters, evaluateModel } from '@attune/train';

/** Rows of different lengths, with weights that are not only 0 and 1. */
function someRows(): ExampleStore {
  const store = new ExampleStore('memory');
  [7, 3, 12, 5, 9, 4, 16].forEach((length, r) => {
    const ids = Int32Array.from({ length }, (_, i) => (7 * r + 5 * i + ((i * i) % 3)) % 31);
    const weights = Float32Array.from({ length }, (_, i) => (i < 2 ? 0 : i % 4 === 3 ? 0.5 : 1));
    store.add({ ids, weights }, { file: 'rows.jsonl', line: r + 1, contentHash: String(r) });
  });
  return store;
}

test('a row has the loss it has alone, however it is padded, grouped or packed', async () => {
  const backend = await reference.create({});
  const model = gpt2({ vocabSize: 31, blockSize: 24, nLayer: 2, nHead: 2, nEmbd: 8, bias: true }).eval();
  const state = await allocateParameters(backend, model, { seed: 3 });
  const rows = someRows();
  const lossOf = (data: Dataset) => evaluateModel({ backend, model, loss: crossEntropy(), state, data });

  const alone = await Promise.all(
    Array.from({ length: rows.count }, (_, i) =>
      lossOf(exampleEvaluation(rows.select('one', [i]), { batchSize: 1 })),
    ),
  );
  const sum = alone.reduce((total, { loss, tokens }) => total + loss * tokens, 0);
  const count = alone.reduce((total, { tokens }) => total + tokens, 0);

  const datasets: Dataset[] = [
    exampleEvaluation(rows, { batchSize: 3, padId: 5 }),
    exampleEvaluation(rows, { batchSize: 2, packing: true, maxLength: 20 }),
    exampleDataset(rows, { batchSize: 2, epochs: 1, groupByLength: true }),
    exampleDataset(rows, { batchSize: 1, epochs: 1, packing: true, maxLength: 25, padId: 9 }),
  ];
  for (const data of datasets) {
    const { loss, tokens } = await lossOf(data);
    expect(tokens).toBeCloseTo(count, 5);
    expect(Math.abs(loss - sum / count)).toBeLessThan(1e-6);
  }

  // It would not be the same if documents saw each other.
  const packed = datasets[1]!;
  const { documents: _, ...spec } = packed.spec;
  const together: Dataset = {
    ...packed,
    spec,
    async *[Symbol.asyncIterator]() {
      for await (const { documents: _ids, ...batch } of packed) yield batch;
    },
  };
  expect(Math.abs((await lossOf(together)).loss - sum / count)).toBeGreaterThan(1e-5);
  state.dispose();
  await backend.dispose();
});
