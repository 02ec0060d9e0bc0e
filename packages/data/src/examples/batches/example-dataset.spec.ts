import type { Batch } from '@attune/core';
import { encodedRows } from '../../testing/encoded-rows.js';
import { takeBatches } from '../../testing/take-batches.js';
import { bucketOf } from './buckets.js';
import { exampleDataset, exampleEvaluation, type ExampleDatasetOptions } from './example-dataset.js';

/** The rows (from 0) that a batch trains on, each as often as it does. */
function rowsOf({ y, lossMask }: Batch): number[] {
  const [, length] = y!.shape as [number, number];
  return [...y!.data].flatMap((id, i) => {
    const first = lossMask!.data[i]! > 0 && (i % length === 0 || lossMask!.data[i - 1] === 0);
    return first ? [Math.floor(id / 100) - 1] : [];
  });
}

const LENGTHS = [5, 9, 3, 20, 7, 4, 30, 3, 12, 6, 8];
const rows = encodedRows(LENGTHS);
const ascending = LENGTHS.map((_, i) => i);

describe('bucketOf', () => {
  it('rounds up to one of few lengths, and never beyond the cap', () => {
    expect([1, 8, 9, 12, 13, 17, 25, 33, 49, 65, 97, 129].map((n) => bucketOf(n, 1000))).toEqual([
      8, 8, 12, 12, 16, 24, 32, 48, 64, 96, 128, 192,
    ]);
    expect(bucketOf(13, 14)).toBe(14);
    expect(bucketOf(0, 0)).toBe(1);
  });
});

describe('exampleDataset, sequential', () => {
  const options: ExampleDatasetOptions = { batchSize: 2, sampling: 'sequential', padId: 7, epochs: 1 };

  it('takes rows in file order, shifts them by one, and pads the right with mask 0', async () => {
    const [first] = await takeBatches(exampleDataset(encodedRows([5, 3]), { ...options, maxLength: 40 }));
    expect(first!['x']!.shape).toEqual([2, 8]);
    expect([...first!['x']!.data]).toEqual([100, 101, 102, 103, 7, 7, 7, 7, 200, 201, 7, 7, 7, 7, 7, 7]);
    expect([...first!['y']!.data]).toEqual([101, 102, 103, 104, 7, 7, 7, 7, 201, 202, 7, 7, 7, 7, 7, 7]);
    expect([...first!['lossMask']!.data]).toEqual([0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('shows every row once; the last batch is filled with rows of mask 0', async () => {
    const dataset = exampleDataset(rows, options);
    const batches = await takeBatches(dataset);
    expect(batches.flatMap(rowsOf)).toEqual(ascending);
    expect(dataset).toMatchObject({ batchesPerEpoch: 6, rows: 11 });
    expect(batches).toHaveLength(6);
    const { x, lossMask } = batches.at(-1)!;
    expect(x!.shape).toEqual([2, 8]);
    expect([...x!.data.subarray(8)]).toEqual(new Array(8).fill(7));
    expect([...lossMask!.data.subarray(8)]).toEqual(new Array(8).fill(0));
  });

  it('pads to the longest of a batch, and states the largest shape', async () => {
    const dataset = exampleDataset(rows, { ...options, maxLength: 31 });
    const shapes = (await takeBatches(dataset)).map(({ x }) => x!.shape[1]);
    expect(shapes).toEqual([8, 24, 8, 30, 12, 8]);
    expect(dataset.spec['x']).toEqual({ shape: [2, 30], dtype: 'i32' });
    for (const batch of await takeBatches(exampleDataset(rows, options))) {
      expect(Object.keys(batch)).toEqual(Object.keys(dataset.spec));
    }
  });

  it('gives a step the same rows however it is split into batches, and never those of two epochs', async () => {
    const stepsOf = async (batchSize: number, batchesPerStep: number) => {
      const dataset = exampleDataset(rows, { ...options, batchSize, batchesPerStep, epochs: 2 });
      const batches = await takeBatches(dataset);
      expect(batches).toHaveLength(2 * dataset.batchesPerEpoch);
      return Array.from({ length: batches.length / batchesPerStep }, (_, step) =>
        batches.slice(step * batchesPerStep, (step + 1) * batchesPerStep).flatMap(rowsOf),
      );
    };
    const whole = await stepsOf(4, 1);
    expect(whole.map(({ length }) => length)).toEqual([4, 4, 3, 4, 4, 3]);
    expect(await stepsOf(2, 2)).toEqual(whole);
    // The last batch of an epoch has no row.
    expect(await stepsOf(1, 4)).toEqual(whole);
  });

  it('ends after its epochs', async () => {
    const dataset = exampleDataset(rows, { ...options, epochs: 2 });
    expect((await takeBatches(dataset)).flatMap(rowsOf)).toEqual([...ascending, ...ascending]);
    expect(await takeBatches(dataset)).toEqual([]);
  });
});

describe('exampleDataset, random', () => {
  const options: ExampleDatasetOptions = { batchSize: 3, seed: 5 };
  const epochsOf = async (more: Partial<ExampleDatasetOptions> = {}, count = 3) => {
    const dataset = exampleDataset(rows, { ...options, ...more });
    const batches = await takeBatches(dataset, dataset.batchesPerEpoch * count);
    return Array.from({ length: count }, (_, e) =>
      batches.slice(e * dataset.batchesPerEpoch, (e + 1) * dataset.batchesPerEpoch).flatMap(rowsOf),
    );
  };

  it('shows every row once an epoch, in an order of its own', async () => {
    const epochs = await epochsOf();
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual(ascending);
    expect(new Set([ascending, ...epochs, ...(await epochsOf({ seed: 6 }))].map(String)).size).toBe(7);
    expect(await epochsOf()).toEqual(epochs);
  });

  it('grouped by length pads less, and still shows every row once an epoch, in an order of its own', async () => {
    const epochs = await epochsOf({ groupByLength: true });
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual(ascending);
    expect(new Set(epochs.map(String)).size).toBe(3);
    const places = async (groupByLength: boolean) => {
      const long = encodedRows(Array.from({ length: 200 }, (_, i) => 3 + ((i * 37) % 90)));
      const batches = await takeBatches(exampleDataset(long, { batchSize: 4, groupByLength, epochs: 1 }));
      return batches.reduce((sum, { x }) => sum + x!.data.length, 0);
    };
    expect(await places(true)).toBeLessThan(0.75 * (await places(false)));
  });
});

describe('exampleDataset, packed', () => {
  const options: ExampleDatasetOptions = {
    batchSize: 2,
    packing: true,
    maxLength: 32,
    seed: 3,
    epochs: 1,
    padId: 7,
  };

  it('puts documents one after the other, each with positions and an id of its own', async () => {
    const [batch] = await takeBatches(
      exampleDataset(encodedRows([4, 3]), { ...options, batchSize: 1, maxLength: 8 }),
    );
    expect(batch!['x']!.shape).toEqual([1, 7]);
    expect([...batch!['x']!.data]).toEqual([100, 101, 102, 200, 201, 7, 7]);
    expect([...batch!['y']!.data]).toEqual([101, 102, 103, 201, 202, 7, 7]);
    expect([...batch!['lossMask']!.data]).toEqual([0, 1, 1, 0, 1, 0, 0]);
    expect([...batch!['positions']!.data]).toEqual([0, 1, 2, 0, 1, 0, 0]);
    expect([...batch!['documents']!.data]).toEqual([0, 0, 0, 1, 1, 2, 2]);
  });

  it.each(['random', 'sequential'] as const)('shows every row once an epoch, %s', async (sampling) => {
    const dataset = exampleDataset(rows, { ...options, sampling, epochs: 3 });
    const batches = await takeBatches(dataset);
    expect(batches).toHaveLength(3 * dataset.batchesPerEpoch);
    for (let e = 0; e < 3; e++) {
      const epoch = batches.slice(e * dataset.batchesPerEpoch, (e + 1) * dataset.batchesPerEpoch);
      expect(epoch.flatMap(rowsOf).sort((a, b) => a - b)).toEqual(ascending);
    }
  });

  it('never predicts a token of another document', async () => {
    for (const { x, y, lossMask, documents } of await takeBatches(exampleDataset(rows, options))) {
      lossMask!.data.forEach((mask, i) => {
        if (mask === 0) return;
        expect(y!.data[i]).toBe(x!.data[i]! + 1);
      });
      const [, length] = x!.shape as [number, number];
      documents!.data.forEach((document, i) => {
        if (i % length === 0 || document !== documents!.data[i - 1]) return;
        const same = Math.floor(x!.data[i]! / 100) === Math.floor(x!.data[i - 1]! / 100);
        expect(same).toBe(true);
      });
    }
  });

  it('keeps the order of the file where that is asked for', async () => {
    const batches = await takeBatches(exampleDataset(rows, { ...options, sampling: 'sequential' }));
    expect(batches.flatMap(rowsOf)).toEqual(ascending);
  });

  it('fills rows well, and says how well', async () => {
    const many = encodedRows(Array.from({ length: 300 }, (_, i) => 3 + ((i * 31) % 40)));
    const dataset = exampleDataset(many, { ...options, maxLength: 128 });
    expect(dataset.utilisation).toBeGreaterThan(0.97);
    const places = (await takeBatches(dataset)).reduce((sum, { x }) => sum + x!.data.length, 0);
    const tokens = Array.from({ length: 300 }, (_, i) => many.lengthOf(i) - 1).reduce((a, b) => a + b);
    // The last batch has a row that holds nothing, or not.
    expect(Math.abs(tokens / places - dataset.utilisation!)).toBeLessThan(0.05);
    const unpacked = exampleDataset(many, { batchSize: 2, maxLength: 128 });
    expect(dataset.batchesPerEpoch * 3).toBeLessThan(unpacked.batchesPerEpoch);
  });

  it('takes a row that just fits', async () => {
    const dataset = exampleDataset(encodedRows([8, 8]), { ...options, maxLength: 8 });
    expect(dataset).toMatchObject({ utilisation: 1, batchesPerEpoch: 1 });
  });
});

describe('state and restore', () => {
  it.each<[string, Partial<ExampleDatasetOptions>]>([
    ['sequential', { sampling: 'sequential' }],
    ['random', {}],
    ['grouped by length', { groupByLength: true }],
    ['packed', { packing: true, maxLength: 32 }],
  ])('continue exactly in the middle of an epoch, %s', async (_, more) => {
    const options = { batchSize: 2, seed: 4, epochs: 3, ...more };
    const all = await takeBatches(exampleDataset(rows, options));
    for (const k of [0, 1, 4, 7]) {
      const first = exampleDataset(rows, options);
      await takeBatches(first, k);
      const second = exampleDataset(rows, options);
      second.restore(JSON.parse(JSON.stringify(first.state())));
      expect(await takeBatches(second)).toEqual(all.slice(k));
    }
    const dataset = exampleDataset(rows, options);
    for (const j of [5, 0, 3]) expect(dataset.batch(j)).toEqual(all[j]);
  });

  const options: ExampleDatasetOptions = { batchSize: 2, seed: 4, maxLength: 32 };
  it.each([
    ['seed', exampleDataset(rows, { ...options, seed: 5 })],
    ['sampling', exampleDataset(rows, { ...options, sampling: 'sequential' })],
    ['batchSize', exampleDataset(rows, { ...options, batchSize: 3 })],
    ['batchesPerStep', exampleDataset(rows, { ...options, batchesPerStep: 2 })],
    ['packing', exampleDataset(rows, { ...options, packing: true })],
    ['maxLength', exampleDataset(rows, { ...options, maxLength: 33 })],
    ['groupByLength', exampleDataset(rows, { ...options, groupByLength: true })],
    ['data', exampleDataset(encodedRows([5]), options)],
  ])('refuse a state of another %s', (what, other) => {
    const restore = () => exampleDataset(rows, options).restore(other.state());
    expect(restore).toThrow(expect.objectContaining({ code: 'CHECKPOINT_MISMATCH' }));
    expect(restore).toThrow(`${what} was`);
  });
});

describe('exampleEvaluation', () => {
  it('takes every row once, in file order, and begins again', async () => {
    const dataset = exampleEvaluation(rows, { batchSize: 4 });
    for (let n = 0; n < 2; n++) expect((await takeBatches(dataset)).flatMap(rowsOf)).toEqual(ascending);
    expect(dataset.batchesPerEpoch).toBe(3);
  });

  it('begins at the first row each time, also where the time before took a part', async () => {
    const dataset = exampleEvaluation(rows, { batchSize: 4 });
    for (let n = 0; n < 3; n++)
      expect((await takeBatches(dataset, 2)).flatMap(rowsOf)).toEqual(ascending.slice(0, 8));
  });
});

test.each<[string, Partial<ExampleDatasetOptions>, string]>([
  ['no batch', { batchSize: 0 }, 'INVALID_ARGUMENT'],
  ['half an epoch', { epochs: 0.5 }, 'INVALID_ARGUMENT'],
  ['a seed that is none', { seed: -1 }, 'INVALID_ARGUMENT'],
  ['a sampling that is none', { sampling: 'shuffle' as 'random' }, 'INVALID_ARGUMENT'],
  ['a padding that is none', { padId: -1 }, 'INVALID_ARGUMENT'],
  ['rows that are too long', { maxLength: 29 }, 'INVALID_ARGUMENT'],
  ['groups within packs', { packing: true, groupByLength: true }, 'INVALID_ARGUMENT'],
  ['groups in file order', { sampling: 'sequential', groupByLength: true }, 'INVALID_ARGUMENT'],
])('rejects %s', (_, options, code) => {
  expect(() => exampleDataset(rows, { batchSize: 2, ...options })).toThrow(expect.objectContaining({ code }));
});

test('rejects data without rows', () => {
  expect(() => exampleDataset(encodedRows([]), { batchSize: 2 })).toThrow(
    expect.objectContaining({ code: 'DATA_TOO_SHORT' }),
  );
});
