import type { Batch } from '@attune/core';
import { classificationDataset } from './classification-dataset.js';
import { ExampleStore } from '../encoding/encoded-examples.js';
import type { Label } from '../rows/example.js';
import { labelSetOf } from '../encoding/labels.js';

/** One row a label; row r has r + 1 tokens. */
function labelled(labels: readonly (Label | undefined)[]): ExampleStore {
  const store = new ExampleStore('memory');
  labels.forEach((label, r) => {
    const ids = Int32Array.from({ length: r + 1 }, (_, i) => 10 * (r + 1) + i);
    store.add(
      { ids, weights: new Float32Array(r + 1) },
      { file: 'a.jsonl', line: r + 1, label, contentHash: '' },
    );
  });
  return store;
}

describe('labelSetOf', () => {
  it.each<[readonly Label[], unknown]>([
    [['pos', 'neg', 'pos'], { kind: 'classes', names: ['neg', 'pos'] }],
    [[2, 0], { kind: 'classes', names: ['0', '1', '2'] }],
    [[0.5, 1], { kind: 'regression', size: 1 }],
    [[-1, 1], { kind: 'regression', size: 1 }],
    [[[1, 2], [0, 1]], { kind: 'regression', size: 2 }],
  ])('%j', (labels, expected) => expect(labelSetOf(labelled(labels))).toEqual(expected)); // prettier-ignore

  it('takes whole numbers for a regression where it is one', () => {
    expect(labelSetOf(labelled([3, 1]), 'regression')).toEqual({ kind: 'regression', size: 1 });
  });

  it.each<[readonly (Label | undefined)[], 'classes' | 'regression' | undefined, string]>([
    [['a', 1], undefined, 'line 2: the label is 1, but those before it are text'],
    [[1, 'a'], undefined, 'line 2: the label is "a", but those before it are numbers'],
    [['a', undefined], undefined, 'line 2: the row has no label'],
    [[[1, 2], [1]], undefined, 'line 2: the label has 1 numbers, but those before it 2'],
    [['a'], 'regression', 'line 1: a regression needs numbers'],
    [[1, 0.5], 'classes', 'line 2: a class is text, or a whole number'],
    [[1e9], undefined, 'has class 1000000000'],
  ])('refuses %j as %s', (labels, kind, message) => {
    expect(() => labelSetOf(labelled(labels), kind)).toThrow(
      expect.objectContaining({ code: 'INVALID_EXAMPLE', message: expect.stringContaining(message) }),
    );
  }); // prettier-ignore
});

describe('classificationDataset', () => {
  async function all(dataset: AsyncIterable<Batch>): Promise<Batch[]> {
    const batches: Batch[] = [];
    for await (const batch of dataset) batches.push(batch);
    return batches;
  }

  it('gives the row, the place of its last token, and its class', async () => {
    const dataset = classificationDataset(labelled(['no', 'yes', 'no']), {
      batchSize: 2,
      sampling: 'sequential',
      epochs: 1,
      padId: 9,
    });
    const [first, second] = await all(dataset);
    expect([...first!['x']!.data]).toEqual([10, 9, 9, 20, 21, 9]);
    expect([...first!['lastToken']!.data]).toEqual([0, 1]);
    expect([...first!['label']!.data]).toEqual([0, 1]);
    expect([...second!['lastToken']!.data]).toEqual([2, 0]);
    expect([...second!['label']!.data]).toEqual([0, -100]);
    expect([...second!['lossMask']!.data]).toEqual([1, 0]);
    expect(dataset).toMatchObject({ rows: 3, batchesPerEpoch: 2, labels: { names: ['no', 'yes'] } });
    expect(dataset.spec['label']).toEqual({ shape: [2], dtype: 'i32' });
  });

  it('gives the numbers of a regression', async () => {
    const dataset = classificationDataset(labelled([[0.5, 1], [2, 3]]), {
      batchSize: 3,
      sampling: 'sequential',
      epochs: 1,
    }); // prettier-ignore
    const [batch] = await all(dataset);
    expect(batch!['label']!.shape).toEqual([3, 2]);
    expect([...batch!['label']!.data]).toEqual([0.5, 1, 2, 3, 0, 0]);
  });

  it('uses the classes of training for validation, and refuses others', () => {
    const labels = labelSetOf(labelled(['a', 'b', 'c']));
    const dataset = classificationDataset(labelled(['c']), { batchSize: 1, labels });
    expect([...dataset.batch(0)['label']!.data]).toEqual([2]);
    expect(() => classificationDataset(labelled(['a', 'd']), { batchSize: 1, labels })).toThrow(
      expect.objectContaining({
        code: 'INVALID_EXAMPLE',
        message: expect.stringContaining(
          'a.jsonl, line 2: there is no class "d". The classes are "a", "b", "c".',
        ),
      }),
    );
  });

  it('resumes exactly from a state', async () => {
    const options = { batchSize: 2, seed: 3, epochs: 2 };
    const rows = labelled(['a', 'b', 'a', 'b', 'c']);
    const batches = await all(classificationDataset(rows, options));
    const second = classificationDataset(rows, options);
    second.restore({ ...second.state(), position: 3 });
    expect(await all(second)).toEqual(batches.slice(3));
  });
});
