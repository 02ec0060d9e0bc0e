import { Random } from '@attune/core';
import { zipSync, type Zippable } from 'fflate';
import { zipArchive } from './zip-archive.js';
import { readZipArchive } from './read-archive.js';

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

test('whoever has less room says so', async () => {
  const archive = zipSync({ zeros: new Uint8Array(2 ** 20) }, { level: 9 });
  const limited = (maxBytes: number) => readZipArchive(new Blob([archive]), 'x.zip', { maxBytes });
  expect((await limited(2 ** 20)).get('zeros')).toHaveLength(2 ** 20);
  await expect(limited(2 ** 20 - 1)).rejects.toThrow(/would unpack to more than 1048575/);
  await expect(limited(100)).rejects.toThrow(/at most 100 are read/);
});

/** An archive of Python's zipfile, written to a pipe: the length of a file stands behind it. A folder and a comment, too. */
const STREAMED =
  'UEsDBC0ACAgIAAAAIVAAAAAA//////////8OABQAcnVuL2jDqWxsby50eHQBABAAAAAAAAAAAAAAAAAAAAAAAEsvOrzn8PzUdBQK' +
  'AFBLBwgff5n8DAAAAAAAAAAVAAAAAAAAAFBLAwQUAAgAAAAAACFQAAAAAAAAAAAAAAAACgAAAHJ1bi9lbXB0eS9QSwcIAAAAAAAA' +
  'AAAAAAAAUEsBAi0DLQAICAgAAAAhUB9/mfwMAAAAFQAAAA4AAAAAAAAAAAAAAIABAAAAAHJ1bi9ow6lsbG8udHh0UEsBAhQDFAAI' +
  'AAAAAAAhUAAAAAAAAAAAAAAAAAoAAAAAAAAAAAAAAIABZAAAAHJ1bi9lbXB0eS9QSwUGAAAAAAIAAgB0AAAAnAAAAAkAYSBjb21t' +
  'ZW50';

/** The same, with all numbers in the 64-bit extension. */
const WIDE =
  'UEsDBC0ACAgIAAAAIVAAAAAA//////////8OABQAcnVuL2jDqWxsby50eHQBABAAAAAAAAAAAAAAAAAAAAAAAEsvOrzn8PzUdBQK' +
  'AFBLBwgff5n8DAAAAAAAAAAVAAAAAAAAAFBLAwQUAAgAAAAAACFQAAAAAAAAAAAAAAAACgAAAHJ1bi9lbXB0eS9QSwcIAAAAAAAA' +
  'AAAAAAAAUEsBAi0DLQAICAgAAAAhUB9/mfz//////////w4AFAAAAAAAAAAAAIABAAAAAHJ1bi9ow6lsbG8udHh0AQAQABUAAAAA' +
  'AAAADAAAAAAAAABQSwECLQMtAAgAAAAAACFQAAAAAAAAAAAAAAAACgAMAAAAAAAAAAAAgAH/////cnVuL2VtcHR5LwEACABkAAAA' +
  'AAAAAFBLBgYsAAAAAAAAAC0ALQAAAAAAAAAAAAIAAAAAAAAAAgAAAAAAAACUAAAAAAAAAJwAAAAAAAAAUEsGBwAAAAAwAQAAAAAA' +
  'AAEAAABQSwUGAAAAAAIAAgCUAAAAnAAAAAkAYSBjb21tZW50';

test.each([
  ['whose lengths come behind the files', STREAMED],
  ['with 64-bit lengths', WIDE],
])('an archive of Python %s', async (_, base64) => {
  const files = await read(Buffer.from(base64, 'base64'));
  expect(files).toEqual(new Map([['run/h\u00e9llo.txt', text('gr\u00fc\u00dfe'.repeat(3))]]));
});

/** The end of an archive, and an entry in its list with a name of one letter. */
const [END_BYTES, ENTRY_BYTES] = [22, 47];

/** An archive of one file, with some bytes of its entry in the central directory replaced. */
function forged(at: number, ...bytes: number[]): Uint8Array {
  const zip = zipSync({ a: text('a'.repeat(100)) }, { level: 9 });
  zip.set(bytes, zip.length - END_BYTES - ENTRY_BYTES + at);
  return zip;
}

test.each([
  ['a length that is too small', forged(24, 50, 0, 0, 0), 'should have 50 bytes, but is longer'],
  ['a length that is too great', forged(24, 101, 0, 0, 0), 'should have 101 bytes, but has 100'],
  ['another checksum', forged(16, 1, 2, 3, 4), 'checksum is another'],
  ['a password', forged(8, 1, 0), 'encrypted'],
  ['an unknown method', forged(10, 14, 0), 'method 14'],
  ['another name in its list', forged(46, 'b'.charCodeAt(0)), 'two names'],
  ['a file that begins elsewhere', forged(42, 4, 0, 0, 0), 'not where it should be'],
])('%s: refused', async (_, bytes, message) => {
  await expect(read(bytes)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining(message),
  });
});

/** An archive whose second file has the name of the first. */
async function twice(): Promise<Uint8Array> {
  const zip = await archive({ 'config.yaml': 'one', 'config.yamL': 'two' });
  return zip.map((byte) => (byte === 'L'.charCodeAt(0) ? 'l'.charCodeAt(0) : byte));
}

test('two files of one name are not told apart', async () => {
  await expect(twice().then(read)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining('two files of one name'),
  });
});

test('a name is a name, whatever it means elsewhere', async () => {
  const files = await read(await archive({ ['__proto__']: 'x', constructor: 'y' }));
  expect([...files.keys()]).toEqual(['__proto__', 'constructor']);
});

test('files that share their bytes do not multiply them', async () => {
  const zip = zipSync({ a: new Uint8Array(2 ** 16) }, { level: 0 });
  const listed = zip.length - END_BYTES - ENTRY_BYTES;
  const entries = Array.from({ length: 26 }, (_, i) => {
    const entry = zip.slice(listed, listed + ENTRY_BYTES);
    entry[ENTRY_BYTES - 1] = 'a'.charCodeAt(0) + i;
    return entry;
  });
  const end = zip.slice(zip.length - END_BYTES);
  end[10] = entries.length;
  await expect(read(Buffer.concat([zip.subarray(0, listed), ...entries, end]))).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining('two names'),
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
