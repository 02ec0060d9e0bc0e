import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@attune/core';
import { hardText } from '../testing/hard-text.js';
import { readTextChunks } from './read-text.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-data-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function files(...contents: (string | Uint8Array)[]): Promise<string[]> {
  const paths = contents.map((_, i) => join(folder, `${i}.txt`));
  for (const [i, path] of paths.entries()) await writeFile(path, contents[i]!);
  return paths;
}

async function read(paths: string[], chunkBytes: number) {
  let text = '';
  let bytes = 0;
  for await (const chunk of readTextChunks(paths, chunkBytes)) {
    expect(chunk.text).not.toMatch(/\p{Surrogate}/u);
    expect(chunk.bytesRead).toBeGreaterThanOrEqual(bytes);
    bytes = chunk.bytesRead;
    text += chunk.text;
  }
  return { text, bytes };
}

describe('readTextChunks', () => {
  it('reads the same text whatever the size of a chunk', async () => {
    const random = new Random(3);
    const texts = [hardText(random, 200), `${hardText(random, 100)}\r`, `\n${hardText(random, 100)}€`];
    const paths = await files(...texts);
    const expected = texts.map((text) => text.replaceAll('\r\n', '\n')).join('');
    for (const chunkBytes of [1, 2, 3, 4, 5, 7, 64, 100_000]) {
      const { text, bytes } = await read(paths, chunkBytes);
      expect(text).toBe(expected);
      expect(bytes).toBe(Buffer.byteLength(texts.join('')));
    }
  });

  it.each([
    ['a wrong byte', [0x61, 0xe2, 0x82, 0xac, 0xff, 0x61], 4],
    ['a character that is cut off at the end', [0x61, 0x61, 0xf0, 0x9f, 0x98], 2],
    ['too many continuations', [0x61, 0xe2, 0x82, 0xac, 0x80, 0x80], 4],
    ['continuations only', [0x80, 0x80, 0x80, 0x80, 0x80], 0],
    ['a lead that no character has', [0x61, 0xf8, 0x88, 0x80, 0x80, 0x80], 1],
    ['a surrogate', [0x61, 0x61, 0x61, 0xed, 0xa0, 0x80, 0x61], 3],
  ])('names the first byte of %s, whatever the size of a chunk', async (_what, bytes, offset) => {
    const paths = await files('good', Uint8Array.from(bytes));
    for (const chunkBytes of [1, 2, 3, 4, 5, 100]) {
      await expect(read(paths, chunkBytes)).rejects.toMatchObject({
        code: 'FILE_CORRUPT',
        data: { path: paths[1], offset },
      });
    }
  });
});
