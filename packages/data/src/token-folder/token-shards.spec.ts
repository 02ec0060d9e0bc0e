import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenDataset } from '../datasets/index.js';
import { llmcFile } from '../testing/llmc-file.js';
import { memoryTokens } from '../tokens/index.js';
import { openTokenFile, openTokenFolder, tokenFiles } from '../node/index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-data-'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, content: string | Uint8Array | Uint16Array) =>
  writeFile(join(folder, name), content);
const writeMeta = (more: object = {}) =>
  write('meta.json', JSON.stringify({ dtype: 'uint16', vocabSize: 1000, tokenizer: null, ...more }));

const ids = Array.from({ length: 300 }, (_, i) => (i * 37) % 251);
const shard = (from: number, to: number) => Uint16Array.from(ids.slice(from, to));
const options = { batchSize: 3, blockSize: 16, seed: 4, sampling: 'shuffle' } as const;

describe('a token file with a header', () => {
  it('is read as the tokens after it', async () => {
    await write('a.bin', llmcFile(ids));
    for (const dtype of [undefined, 'uint16'] as const) {
      const source = await openTokenFile(join(folder, 'a.bin'), dtype);
      expect(source).toMatchObject({ length: 300, dtype: 'uint16' });
      expect(source.fingerprint).toBe(memoryTokens(ids).fingerprint);
      expect(await source.read(298, 2)).toEqual(Int32Array.from(ids.slice(298)));
      await source.close!();
    }
    await write('b.bin', llmcFile([1], { magic: 20240801, version: 7, array: Uint32Array.of(128_000) }));
    const source = await openTokenFile(join(folder, 'b.bin'));
    expect(await source.read(0, 1)).toEqual(Int32Array.of(128_000));
    await source.close!();
  });

  it('is checked against the dtype asked for', async () => {
    await write('a.bin', llmcFile(ids));
    await write('empty.bin', llmcFile([]));
    await write('bare.bin', shard(0, 9));
    const open = (name: string, dtype?: 'uint32') => openTokenFile(join(folder, name), dtype);
    await expect(open('a.bin', 'uint32')).rejects.toThrow('has uint16 tokens of GPT-2');
    await expect(open('empty.bin')).rejects.toMatchObject({ code: 'FILE_EMPTY' });
    await expect(open('bare.bin')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('a folder of shards', () => {
  const failure = () => tokenFiles(folder, options);
  const expectTrain = async () => {
    const dataset = await tokenFiles(folder, options);
    const expected = tokenDataset(memoryTokens(ids), options);
    // 18 blocks of 16 tokens, of which some lie across the borders.
    for (let j = 0; j < 8; j++) {
      const { value } = await dataset[Symbol.asyncIterator]().next();
      expect(value).toEqual(await expected.batch(j));
    }
    expected.restore(dataset.state());
    await dataset.close!();
  };

  it('is one source, in the order of the numbers', async () => {
    await writeMeta({ trainTokens: 300 });
    await write('train_9.bin', shard(0, 101));
    await write('train_10.bin', shard(101, 102));
    await write('train_11.bin', shard(102, 300));
    await expectTrain();
  });

  it("needs no meta.json if its files have llm.c's header", async () => {
    const part = (from: number, to: number) => llmcFile(ids.slice(from, to));
    await write('fineweb_train_000001.bin', part(0, 150));
    await write('fineweb_train_000002.bin', part(150, 300));
    await expectTrain();
    expect(await openTokenFolder(folder)).toMatchObject({ val: null, meta: { valTokens: 0 } });
    await write('fineweb_val_000000.bin', part(20, 40));
    const opened = await openTokenFolder(folder);
    expect(opened).toMatchObject({
      meta: { dtype: 'uint16', vocabSize: 50257, tokenizer: { kind: 'gpt2' } },
      tokenizer: { name: 'gpt2' },
      train: { length: 300 },
      val: { length: 20 },
    });
    await opened.close();
  });

  it("needs somebody to say what its files hold if, as nanoGPT's, they do not", async () => {
    await write('train.bin', shard(0, 300));
    await expect(failure()).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('put a meta.json such as'),
    });
    const bare = { dtype: 'uint16', vocabSize: 251 } as const;
    const dataset = await tokenFiles(folder, { ...options, bare });
    const expected = tokenDataset(memoryTokens(ids), options);
    expect((await dataset[Symbol.asyncIterator]().next()).value).toEqual(await expected.batch(0));
    await dataset.close!();

    expect(await openTokenFolder(folder, { bare })).toMatchObject({
      described: false,
      meta: { ...bare, tokenizer: null },
      val: null,
    });
    await write('val.bin', shard(0, 50));
    expect((await openTokenFolder(folder, { bare })).val).toMatchObject({ length: 50 });
    await writeMeta();
    expect(await openTokenFolder(folder, { bare })).toMatchObject({
      described: true,
      meta: { vocabSize: 1000 },
    });
    await write('train.bin', new Uint8Array(301));
    await rm(join(folder, 'meta.json'));
    await expect(openTokenFolder(folder, { bare })).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });

  it('may be listed in meta.json, with headers or without', async () => {
    await writeMeta({ shards: { train: ['z.bin', 'a.bin'], val: [] } });
    await write('z.bin', shard(0, 7));
    await write('a.bin', llmcFile(ids.slice(7)));
    await expectTrain();
    expect((await openTokenFolder(folder)).val).toBeNull();
  });

  it('is not looked for where there is a train.bin', async () => {
    await writeMeta();
    await write('train.bin', shard(0, 300));
    await write('train_0.bin', shard(0, 5));
    await expectTrain();
  });

  it('is refused if a shard is missing, or belongs to another data set', async () => {
    await writeMeta();
    await write('a_train_0.bin', shard(0, 100));
    await write('a_train_2.bin', shard(100, 200));
    await expect(failure()).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('between a_train_0.bin and a_train_2.bin, a shard is missing'),
    });
    await write('b_train_1.bin', shard(0, 100));
    await expect(failure()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await writeMeta({ shards: { train: ['a_train_0.bin', 'none.bin'], val: [] } });
    await expect(failure()).rejects.toThrow('none.bin does not exist');
  });

  it('is refused if it does not have what meta.json says', async () => {
    await writeMeta({ trainTokens: 301 });
    await write('train_0.bin', shard(0, 100));
    await write('train_1.bin', shard(100, 300));
    await expect(failure()).rejects.toThrow(
      'train_0.bin … train_1.bin has 300 tokens, but meta.json says 301',
    );
    await writeMeta({ dtype: 'uint32' });
    await write('train_1.bin', llmcFile(ids));
    await expect(failure()).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });

  it('without meta.json and headers says what to put there', async () => {
    await write('train_0.bin', shard(0, 100));
    await expect(failure()).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('"tokenizer": null'),
    });
  });
});
