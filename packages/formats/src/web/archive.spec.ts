import { Random } from '@attune/core';
import { zipSync, type Zippable } from 'fflate';
import { readZipArchive, zipArchive } from './archive.js';

const text = (content: string) => new TextEncoder().encode(content);
const read = (bytes: Uint8Array) => readZipArchive(new Blob([Uint8Array.from(bytes)]), 'run.zip');

async function archive(files: Record<string, string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zipArchive(Object.entries(files))) chunks.push(chunk);
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

test('what was packed is unpacked, compressed by others or not', async () => {
  const files = { 'config.yaml': 'a: 1\n', 'checkpoints/step-1/config.json': '{}' };
  const expected = new Map(Object.entries(files).map(([path, content]) => [path, text(content)]));
  expect(await read(await archive(files))).toEqual(expected);
  const compressed = zipSync(Object.fromEntries(expected) as Zippable, { level: 9 });
  expect(await read(compressed)).toEqual(expected);
});

test.each(['../evil', '/etc/evil', 'a/../../evil', 'C:\\evil', 'a\\..\\evil'])(
  '%j is not in a folder',
  async (path) => {
    await expect(read(zipSync({ 'config.json': text('{}'), [path]: text('x') }))).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('outside of itself'),
    });
  },
);

test('what would fill memory is not unpacked', async () => {
  const bomb = zipSync({ zeros: new Uint8Array(2 ** 26) }, { level: 9 });
  expect(bomb.byteLength).toBeLessThan(2 ** 17);
  await expect(read(bomb)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining('would unpack to more than'),
  });
});

test('200 damaged archives: a typed error or files, not more than it has room for', async () => {
  const random = new Random(4);
  const whole = zipSync(
    { 'a.txt': text('aaaa'.repeat(50)), 'b/c.bin': Uint8Array.of(1, 2, 3) },
    { level: 6 },
  );
  let opened = 0;
  for (let round = 0; round < 200; round++) {
    const bytes = Uint8Array.from(
      whole.subarray(0, random.integer(3) ? whole.length : random.integer(whole.length)),
    );
    for (let n = random.integer(4); n > 0 && bytes.length > 0; n--) {
      bytes[random.integer(bytes.length)] = random.integer(256);
    }
    try {
      for (const content of (await read(bytes)).values()) expect(content.byteLength).toBeLessThan(2 ** 25);
      opened++;
    } catch (error) {
      expect(error).toMatchObject({ code: 'FILE_CORRUPT' });
    }
  }
  expect(opened).toBeGreaterThan(20);
  expect(opened).toBeLessThan(190);
});
