import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluationWindows, tokenDataset } from '../datasets/index.js';
import { memoryTokens, type TokenDType } from '../tokens/index.js';
import { openTokenFile, openTokenFolder, tokenFiles } from '../node/index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-data-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(
  name: string,
  content: string | Uint16Array | Uint32Array | Uint8Array,
): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const ids = Array.from({ length: 1000 }, (_, i) => (i * 37) % 251);

describe('openTokenFile', () => {
  it('reads windows of 16 and of 32 bits', async () => {
    for (const [dtype, array, large] of [
      ['uint16', Uint16Array.from(ids), 65_535],
      ['uint32', Uint32Array.from(ids), 2_000_000_000],
    ] as const) {
      array[999] = large;
      const source = await openTokenFile(await write('tokens.bin', array), dtype);
      expect(source).toMatchObject({ length: 1000, dtype, name: join(folder, 'tokens.bin') });
      expect(await source.read(5, 3)).toEqual(Int32Array.from(ids.slice(5, 8)));
      expect(await source.read(998, 2)).toEqual(Int32Array.of(ids[998]!, large));
      expect(await source.read(1000, 0)).toEqual(new Int32Array(0));
      expect(source.fingerprint).toBe(memoryTokens(array).fingerprint);
      await expect(source.read(999, 2)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      await source.close!();
      await expect(source.read(0, 1)).rejects.toMatchObject({ code: 'DISPOSED' });
      await source.close!();
    }
  });

  it.each(['uint16', 'uint32'] as const)('reads beyond 4 GiB, %s', async (dtype) => {
    const path = join(folder, 'sparse.bin');
    const bytes = dtype === 'uint16' ? 2 : 4;
    const length = (2 ** 32 + 2 ** 31) / bytes;
    const file = await open(path, 'w');
    // A hole up to 4 GiB, tokens on both sides of the border, a hole again, and tokens at the end.
    const tokens = dtype === 'uint16' ? Uint16Array.of(1, 2, 3, 4) : Uint32Array.of(1, 2, 3, 4);
    await file.write(tokens, 0, tokens.byteLength, 2 ** 32 - 2 * bytes);
    await file.write(tokens, 0, tokens.byteLength, (length - 4) * bytes);
    await file.close();

    const source = await openTokenFile(path, dtype);
    expect(source.length).toBe(length);
    const border = 2 ** 32 / bytes;
    expect(await source.read(border - 3, 6)).toEqual(Int32Array.of(0, 1, 2, 3, 4, 0));
    expect(await source.read(border, 1)).toEqual(Int32Array.of(3));
    expect(await source.read(length - 4, 4)).toEqual(Int32Array.of(1, 2, 3, 4));
    const blocks = tokenDataset(source, { batchSize: 1, blockSize: 2, sampling: 'sequential' });
    const { x, y } = await blocks.batch(border / 2);
    expect([...x!.data, ...y!.data]).toEqual([3, 4, 4, 0]);
    await source.close!();
  });

  it('says what is wrong with a file, and what to do', async () => {
    const open = (path: string, dtype: TokenDType = 'uint16') => openTokenFile(path, dtype);
    const message = expect.stringContaining('attune prepare');
    await expect(open(join(folder, 'none.bin'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', message });
    await expect(open(folder)).rejects.toMatchObject({ code: 'FILE_READ', message });
    await expect(open(await write('empty.bin', ''))).rejects.toMatchObject({ code: 'FILE_EMPTY', message });
    const odd = await write('odd.bin', new Uint8Array(7));
    await expect(open(odd)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message,
      data: { size: 7, dtype: 'uint16' },
    });
    const half = await write('half.bin', new Uint8Array(6));
    await expect(open(half, 'uint32')).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });

  (process.platform === 'win32' ? it.skip : it)('does not wait for a pipe to be written to', async () => {
    const pipe = join(folder, 'pipe.bin');
    execFileSync('mkfifo', [pipe]);
    await expect(openTokenFile(pipe, 'uint16')).rejects.toMatchObject({
      code: 'FILE_READ',
      message: expect.stringContaining('is not a file') as string,
    });
  });

  it('notices that a file became shorter', async () => {
    const source = await openTokenFile(await write('tokens.bin', Uint16Array.from(ids)), 'uint16');
    await truncate(source.name, 10);
    await expect(source.read(0, 100)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    await source.close!();
  });
});

describe('a token folder', () => {
  const least = JSON.stringify({ dtype: 'uint16', vocabSize: 251, tokenizer: null });
  async function writeFolder(meta: string | undefined = least): Promise<void> {
    await write('train.bin', Uint16Array.from(ids));
    await write('val.bin', Uint16Array.from(ids.slice(0, 100)));
    await write('meta.json', meta);
  }
  const options = { batchSize: 3, blockSize: 8, seed: 4 };

  it('is a dataset: the one of the same tokens in memory', async () => {
    await writeFolder();
    for (const [split, tokens] of [
      ['train', ids],
      ['val', ids.slice(0, 100)],
    ] as const) {
      for (const prefetch of [0, 2]) {
        const dataset = await tokenFiles(folder, { ...options, split, prefetch });
        const expected = tokenDataset(memoryTokens(tokens), options);
        let index = 0;
        for await (const batch of dataset) {
          expect(batch).toEqual(await expected.batch(index));
          if (++index === 5) break;
        }
        // A run on files can be resumed in memory, and the other way round.
        expected.restore(dataset.state());
        await dataset.close!();
      }
    }
  });

  it('trains on bins alone', async () => {
    await writeFolder();
    const opened = await openTokenFolder(folder);
    expect(opened).toMatchObject({
      tokenizer: null,
      meta: { vocabSize: 251 },
      train: { length: 1000 },
      val: { length: 100 },
    });
    expect(evaluationWindows(opened.val!, options).targets).toBe(99);
    await opened.close();
  });

  it('has no validation data if it was prepared so', async () => {
    await writeFolder(JSON.stringify({ ...JSON.parse(least), valTokens: 0 }));
    expect((await openTokenFolder(folder)).val).toBeNull();
  });

  it('checks ids against its vocabulary', async () => {
    await writeFolder(JSON.stringify({ ...JSON.parse(least), vocabSize: 100 }));
    const dataset = await tokenFiles(folder, options);
    await expect(dataset[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'TOKEN_OUT_OF_RANGE',
      message: expect.stringContaining('train.bin'),
    });
    await dataset.close!();
  });

  it('says what is missing or does not fit', async () => {
    await expect(tokenFiles(folder, options)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('"tokenizer": null'),
    });
    await write('meta.json', least);
    await expect(openTokenFolder(folder)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await write('meta.json', '{');
    await expect(openTokenFolder(folder)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    await writeFolder(JSON.stringify({ ...JSON.parse(least), trainTokens: 999 }));
    await expect(openTokenFolder(folder)).rejects.toThrow('has 1000 tokens, but meta.json says 999');
    await writeFolder();
    await expect(tokenFiles(folder, { ...options, blockSize: 1000 })).rejects.toMatchObject({
      code: 'DATA_TOO_SHORT',
    });
  });
});
