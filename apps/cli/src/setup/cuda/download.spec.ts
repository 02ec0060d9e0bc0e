import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { download } from './download.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'attune-download-'))));
afterEach(() => rmSync(root, { recursive: true }));

const TEXT = 'a TensorFlow';
const SHA256 = createHash('sha256').update(TEXT).digest('hex');
const ADDRESS = 'https://example.org/tensorflow.whl';

/** A network of a few addresses, and which of them were asked for. */
function network(answers: Readonly<Record<string, () => Response>>) {
  const asked: string[] = [];
  const get = (async (url: string) => {
    asked.push(url);
    return answers[url]?.() ?? new Response('', { status: 404 });
  }) as typeof fetch;
  return { asked, get };
}

const to = (location: string) => () => new Response(null, { status: 302, headers: { location } });
const file = () => join(root, 'tensorflow.whl');

test('a file of the checksum that was given is kept, also behind a redirection', async () => {
  const { get } = network({
    [ADDRESS]: to('/mirror'),
    'https://example.org/mirror': () => new Response(TEXT),
  });
  await download({ url: ADDRESS, sha256: SHA256 }, file(), get);
  expect(readFileSync(file(), 'utf8')).toBe(TEXT);
  expect(readdirSync(root)).toEqual(['tensorflow.whl']);
});

test('of another file nothing is left', async () => {
  const { get } = network({ [ADDRESS]: () => new Response('something else') });
  await expect(download({ url: ADDRESS, sha256: SHA256 }, file(), get)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining(`should be ${SHA256}`),
  });
  expect(readdirSync(root)).toEqual([]);
});

test('a redirection to http is not followed, nor one without end', async () => {
  const plain = network({ [ADDRESS]: to('http://example.org/tensorflow.whl') });
  await expect(download({ url: ADDRESS, sha256: SHA256 }, file(), plain.get)).rejects.toMatchObject({
    code: 'SETUP_FAILED',
    message: expect.stringContaining('leads to http://example.org/tensorflow.whl, which is not encrypted'),
  });
  expect(plain.asked).toEqual([ADDRESS]);
  const circle = network({ [ADDRESS]: to(ADDRESS) });
  await expect(download({ url: ADDRESS, sha256: SHA256 }, file(), circle.get)).rejects.toThrow(
    /redirected more than 5 times/,
  );
});

test('a download that breaks off leaves nothing', async () => {
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(TEXT));
    },
    pull(controller) {
      controller.error(new Error('the line went dead'));
    },
  });
  const { get } = network({ [ADDRESS]: () => new Response(broken) });
  await expect(download({ url: ADDRESS, sha256: SHA256 }, file(), get)).rejects.toMatchObject({
    code: 'SETUP_FAILED',
    message: expect.stringContaining('the line went dead'),
  });
  expect(readdirSync(root)).toEqual([]);
});

describe('a file of Python’s index', () => {
  const url = 'https://files.pythonhosted.org/packages/ab/tensorflow_cpu-2.21.0-cp312.whl';
  const index = 'https://pypi.org/simple/tensorflow-cpu/';
  const page = (sha256: string) => () =>
    Response.json({
      files: [
        { filename: 'tensorflow_cpu-2.20.0-cp312.whl', url: 'https://x/', hashes: { sha256: '00' } },
        { filename: 'tensorflow_cpu-2.21.0-cp312.whl', url, hashes: { sha256 } },
      ],
    });
  const get = (sha256: string) => network({ [index]: page(sha256), [url]: () => new Response(TEXT) }).get;

  test('is compared with what the index publishes', async () => {
    await download({ url, sha256: undefined }, file(), get(SHA256));
    expect(readFileSync(file(), 'utf8')).toBe(TEXT);
    rmSync(file());
    await expect(download({ url, sha256: undefined }, file(), get('ab'.repeat(32)))).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
    });
    expect(readdirSync(root)).toEqual([]);
  });

  test('is not downloaded where the index does not say', async () => {
    const { asked, get } = network({ [index]: () => Response.json({ files: [] }) });
    await expect(download({ url, sha256: undefined }, file(), get)).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: expect.stringContaining('has no checksum of tensorflow_cpu-2.21.0-cp312.whl'),
      fix: expect.stringContaining('--sha256'),
    });
    expect(asked).toEqual([index]);
  });
});
