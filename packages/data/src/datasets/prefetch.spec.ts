import { hostTensor, type Dataset } from '@attune/core';
import { takeBatches } from '../testing/take-batches.js';
import { memoryTokens } from '../tokens/index.js';
import { evaluationWindows, prefetch, tokenDataset } from './index.js';

const counting = (length: number) => memoryTokens(Uint32Array.from({ length }, (_, i) => i));
const options = { batchSize: 2, blockSize: 4, seed: 5 };
const tokens = () => tokenDataset(counting(500), options);

/** Lets everything that is under way finish. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A dataset of the numbers 0, 1, 2, … that notes each read and fails on request. */
function numbers({ failAt = -1 } = {}) {
  let position = 0;
  const reads: number[] = [];
  const log = { closed: false, failAt, reads };
  const dataset: Dataset = {
    spec: { n: { shape: [1], dtype: 'i32' } },
    state: () => ({ position }),
    restore: (state) => void (position = state['position'] as number),
    async *[Symbol.asyncIterator]() {
      while (true) {
        reads.push(position);
        await Promise.resolve();
        if (position === log.failAt) throw new Error(`no batch ${position}`);
        const n = position++;
        yield { n: hostTensor('i32', [1], [n]) };
      }
    },
    close: async () => void (log.closed = true),
  };
  return { dataset, log };
}

describe('prefetch', () => {
  it('changes no batch and no state', async () => {
    const [plain, ahead] = [tokens(), prefetch(tokens(), 3)];
    expect(ahead.spec).toEqual(plain.spec);
    expect(ahead.state()).toEqual(plain.state());
    for (let i = 0; i < 6; i++) {
      expect(await takeBatches(ahead, 1)).toEqual(await takeBatches(plain, 1));
      await settle();
      expect(ahead.state()).toEqual(plain.state());
    }
  });

  it('reads `depth` batches while the consumer works, and no more', async () => {
    const { dataset, log } = numbers();
    const iterator = prefetch(dataset, 2)[Symbol.asyncIterator]();
    await settle();
    expect(log.reads).toEqual([]);
    await iterator.next();
    await settle();
    expect(log.reads).toEqual([0, 1, 2]);
    await iterator.next();
    await settle();
    expect(log.reads).toEqual([0, 1, 2, 3]);
  });

  it('keeps what was read ahead when a loop is left', async () => {
    const { dataset, log } = numbers();
    const ahead = prefetch(dataset);
    const seen = [...(await takeBatches(ahead, 2)), ...(await takeBatches(ahead, 2))].map(
      ({ n }) => n!.data[0],
    );
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(new Set(log.reads).size).toBe(log.reads.length);
  });

  it('restores to where its state was taken, also in the middle of a read', async () => {
    const all = await takeBatches(tokens(), 12);
    const ahead = prefetch(tokens(), 3);
    await takeBatches(ahead, 4);
    const state = ahead.state();
    expect(await takeBatches(ahead, 3)).toEqual(all.slice(4, 7));
    ahead.restore(state);
    expect(ahead.state()).toEqual(state);
    expect(await takeBatches(ahead, 8)).toEqual(all.slice(4, 12));
  });

  it('refuses the state of other data', () => {
    const other = tokenDataset(counting(501), options).state();
    expect(() => prefetch(tokens()).restore(other)).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_MISMATCH' }),
    );
  });

  it('ends where the dataset ends, and begins again', async () => {
    const ahead = prefetch(evaluationWindows(counting(40), options), 4);
    expect(await takeBatches(ahead, 100)).toHaveLength(5);
    expect(await takeBatches(ahead, 100)).toHaveLength(5);
  });

  it('hands an error to the consumer in the place of the batch, then tries again', async () => {
    const { dataset, log } = numbers({ failAt: 2 });
    const ahead = prefetch(dataset, 4);
    const seen: number[] = [];
    const consume = async () => {
      for await (const { n } of ahead) {
        await settle();
        seen.push(n!.data[0]!);
        if (seen.length === 5) return;
      }
    };
    await expect(consume()).rejects.toThrow('no batch 2');
    expect(seen).toEqual([0, 1]);
    expect(ahead.state()).toEqual({ position: 2 });
    log.failAt = -1;
    await consume();
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it('leaves no rejection unhandled when nobody waits for a failed read', async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown) => rejections.push(reason);
    process.on('unhandledRejection', note);
    try {
      const ahead = prefetch(numbers({ failAt: 1 }).dataset);
      await takeBatches(ahead, 1);
      await settle();
      await ahead.close!();
      await settle();
      expect(rejections).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('stops reading when it is closed, and closes the dataset', async () => {
    const { dataset, log } = numbers();
    const ahead = prefetch(dataset, 2);
    await takeBatches(ahead, 1);
    await ahead.close!();
    await ahead.close!();
    const reads = log.reads.length;
    await settle();
    expect(log).toMatchObject({ closed: true });
    expect(log.reads).toHaveLength(reads);
    await expect(takeBatches(ahead, 1)).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it('ends a loop that waits while it is closed', async () => {
    const ahead = prefetch(numbers().dataset, 1);
    const waiting = takeBatches(ahead, 1);
    await ahead.close!();
    expect(await waiting).toEqual([]);
  });

  it('rejects a depth below one', () => {
    expect(() => prefetch(tokens(), 0)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
