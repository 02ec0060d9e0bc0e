import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAttuneError, Random } from '@attune/core';
import { llmcFile } from '../testing/llmc-file.js';
import { openTokenFile, openTokenFolder } from './index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-data-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The errors that a damaged file may lead to. */
const EXPECTED = ['FILE_CORRUPT', 'FILE_EMPTY', 'FILE_NOT_FOUND', 'INVALID_ARGUMENT'] as const;

/** Resolves to whether `open` succeeded; any error but those expected fails the test. */
async function survives(open: () => Promise<void>, what: string): Promise<boolean> {
  try {
    await open();
    return true;
  } catch (error) {
    if (EXPECTED.some((code) => isAttuneError(error, code))) return false;
    throw new Error(`${what}: ${String(error)}`, { cause: error });
  }
}

/** Integers that break readers: around powers of two, and negative. */
const EVIL = [0, 1, -1, 2, 7, 255, 256, 1024, 65535, 2 ** 31 - 1, -(2 ** 31), 20240520, 20240801];

const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)]!;

/** Damages bytes in one to three ways. */
function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  let result = bytes.slice();
  for (let n = 1 + random.integer(3); n > 0; n--) {
    switch (random.integer(4)) {
      case 0:
        result = result.slice(0, random.integer(result.length + 1));
        break;
      case 1: {
        const longer = new Uint8Array(result.length + 1 + random.integer(5));
        longer.set(result);
        result = longer;
        break;
      }
      case 2:
        if (result.length > 0) result[random.integer(result.length)]! ^= 1 << random.integer(8);
        break;
      case 3:
        if (result.length >= 12)
          new DataView(result.buffer).setInt32(4 * random.integer(3), pick(random, EVIL), true);
    }
  }
  return result;
}

describe('damaged token files', () => {
  it('are an error with a code, or tokens that can be read to the last', async () => {
    const random = new Random(20);
    const path = join(folder, 'fuzz.bin');
    const ids = Array.from({ length: 50 }, (_, i) => i);
    const seeds = [
      llmcFile(ids),
      llmcFile(ids, { magic: 20240801, version: 7, array: Uint32Array.from(ids) }),
      new Uint8Array(Uint16Array.from(ids).buffer),
    ];
    let opened = 0;
    for (let n = 0; n < 300; n++) {
      const bytes = damaged(pick(random, seeds), random);
      await writeFile(path, bytes);
      const dtype = pick(random, ['uint16', 'uint32', undefined] as const);
      const ok = await survives(async () => {
        const source = await openTokenFile(path, dtype);
        // A length that the file does not have would allocate what a header makes up.
        expect(source.length * (source.dtype === 'uint16' ? 2 : 4)).toBeLessThanOrEqual(bytes.length);
        expect(await source.read(0, source.length)).toHaveLength(source.length);
        await source.close!();
      }, `file ${n}`);
      if (ok) opened++;
    }
    // Both happen.
    expect(opened).toBeGreaterThan(30);
    expect(opened).toBeLessThan(270);
  });
});

describe('damaged meta.json', () => {
  const meta = {
    format: 1,
    tokenizer: { kind: 'char', chars: 'abc' },
    dtype: 'uint16',
    vocabSize: 3,
    trainTokens: 50,
    valTokens: 10,
    shards: { train: ['train.bin'], val: ['val.bin'] },
    sha256: { 'train.bin': 'a'.repeat(64), 'val.bin': 'b'.repeat(64) },
  };
  const VALUES: readonly unknown[] = [
    null, true, '', 'train.bin', '../train.bin', 'a\u0000b', '\ud800', -1, 0.5, 1e308, 2 ** 53, 2 ** 31, [], [1], ['x'],
    {}, { kind: 'gpt2' }, { kind: 'huggingface', files: { tokenizer: 'meta.json' } }, { train: ['..'], val: [] },
    { train: ['val.bin', 'train.bin'], val: [] }, { __proto__: null, kind: '__proto__' },
  ]; // prettier-ignore

  const isFilled = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && Object.keys(value).length > 0;

  /** The document with one to three of its values, at any depth, replaced or left out. */
  function changed(random: Random): unknown {
    const document = structuredClone(meta) as Record<string, unknown>;
    for (let n = 1 + random.integer(3); n > 0; n--) {
      let at = document;
      let key = pick(random, Object.keys(at));
      for (let inner = at[key]; isFilled(inner) && random.integer(3) > 0; inner = at[key]) {
        at = inner;
        key = pick(random, Object.keys(at));
      }
      if (random.integer(4) === 0) delete at[key];
      else at[key] = pick(random, VALUES);
      if (Object.keys(document).length === 0) break;
    }
    return document;
  }

  it('is an error with a code, or a folder that opens', async () => {
    const random = new Random(21);
    await writeFile(join(folder, 'train.bin'), new Uint16Array(50));
    await writeFile(join(folder, 'val.bin'), new Uint16Array(10));
    const open = async () => (await openTokenFolder(folder)).close();
    let opened = 0;
    for (let n = 0; n < 300; n++) {
      let text = JSON.stringify(changed(random));
      if (random.integer(10) === 0) text = text.slice(0, random.integer(text.length));
      await writeFile(join(folder, 'meta.json'), text);
      if (await survives(open, text)) opened++;
    }
    expect(opened).toBeGreaterThan(10);
    expect(opened).toBeLessThan(290);
  });

  it('is not read if no memory would hold it', async () => {
    await writeFile(join(folder, 'meta.json'), '');
    await truncate(join(folder, 'meta.json'), 2 ** 33);
    await expect(openTokenFolder(folder)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('8589934592 bytes'),
    });
  });
});
