import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenFiles as tokenFilesOnDisk, writeTokenFolder } from '../node/index.js';
import { prepareText } from '../prepare/index.js';
import { blobSource, droppedFolder, httpFile, httpFolder } from '@attune/files';
import { sampleText } from '../testing/sample-text.js';
import { openTokenFile } from '../tokens/index.js';
import { openTokenFolder, tokenFiles } from './index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-web-data-'));
  await writeTokenFolder(folder, await prepareText(sampleText(30), { tokenizer: 'char' }));
});
afterAll(() => rm(folder, { recursive: true }));

/** How a server behaves, and what it was asked. */
interface Behaviour {
  ranges?: boolean;
  etag?: string;
  /** Answers with this status, so many times. */
  failing?: { readonly status: number; times: number };
  change?(bytes: Uint8Array): Uint8Array;
}

let server: Server;
let origin: string;
let behaviour: Behaviour;
let requests: string[];

beforeEach(async () => {
  behaviour = {};
  requests = [];
  const answer = async ({ url, headers }: IncomingMessage, response: ServerResponse) => {
    requests.push(headers.range ?? 'whole');
    const { ranges = true, etag, failing, change = (bytes) => bytes } = behaviour;
    if (failing && failing.times-- > 0) return response.writeHead(failing.status).end();
    const file = await readFile(join(folder, url!)).catch(() => undefined);
    if (!file) return response.writeHead(404).end();
    const bytes = change(file);
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec((ranges && headers.range) || '') ?? [];
    const version = etag === undefined ? {} : { ETag: etag };
    if (first === undefined) return response.writeHead(200, version).end(bytes);
    if (Number(first) >= bytes.byteLength) return response.writeHead(416).end();
    const part = bytes.subarray(Number(first), Number(last) + 1);
    const range = `bytes ${first}-${Number(first) + part.byteLength - 1}/${bytes.byteLength}`;
    return response.writeHead(206, { ...version, 'Content-Range': range }).end(part);
  };
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const options = { batchSize: 3, blockSize: 8, seed: 4 };

async function files(...names: string[]): Promise<File[]> {
  return Promise.all(
    names.map(async (name) => new File([new Uint8Array(await readFile(join(folder, name)))], name)),
  );
}

describe('the windows are those that are read from disk, for the same seed,', () => {
  test.each(['train', 'val'] as const)('by HTTP ranges, %s', async (split) => {
    const [web, disk] = [
      await tokenFiles(httpFolder(origin), { ...options, split }),
      await tokenFilesOnDisk(folder, { ...options, split }),
    ];
    const [a, b] = [web[Symbol.asyncIterator](), disk[Symbol.asyncIterator]()];
    for (let i = 0; i < 20; i++) expect((await a.next()).value).toEqual((await b.next()).value);
    // A run can go from one to the other.
    disk.restore(web.state());
    await disk.close!();
  });

  test('from files that were chosen', async () => {
    const opened = await openTokenFolder(droppedFolder(await files('meta.json', 'train.bin', 'val.bin')));
    const onDisk = await tokenFilesOnDisk(folder, options);
    const web = await tokenFiles(droppedFolder(await files('meta.json', 'train.bin')), options);
    expect(web.state()).toEqual(onDisk.state());
    expect(opened.tokenizer!.decode(await opened.train.read(0, 3))).toHaveLength(3);
    expect(opened.val!.length).toBe(opened.meta.valTokens);
    await onDisk.close!();
  });

  test('in chunks of whatever size', async () => {
    const whole = await openTokenFile(blobSource((await files('train.bin'))[0]!), 'uint16');
    for (const chunkBytes of [7, 64, 1000]) {
      const source = await openTokenFile(
        await httpFile(`${origin}/train.bin`, { chunkBytes, cacheBytes: 3 * chunkBytes }),
        'uint16',
      );
      expect(source.fingerprint).toBe(whole.fingerprint);
      for (const start of [0, 1, 499, whole.length - 65]) {
        expect(await source.read(start, 65)).toEqual(await whole.read(start, 65));
      }
    }
  });
});

test('of a file on a server, only the parts that are needed are asked for, and each once', async () => {
  const file = await httpFile(`${origin}/train.bin`, { chunkBytes: 100 });
  requests = [];
  await Promise.all([file.read(110, 50), file.read(150, 60), file.read(130, 5)]);
  expect(requests.sort()).toEqual(['bytes=100-199', 'bytes=200-299']);
});

describe('a server', () => {
  test('that sends files as a whole only is refused, unless downloads are allowed', async () => {
    behaviour = { ranges: false };
    const url = `${origin}/train.bin`;
    await expect(httpFile(url)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/as a whole only.*download: true/),
      data: { ranges: false },
    });
    const file = await httpFile(url, { download: true });
    expect(await file.read(3, 5)).toEqual(
      new Uint8Array(await readFile(join(folder, 'train.bin'))).slice(3, 8),
    );
  });

  test('that replaces the file under way is noticed, by its ETag or its length', async () => {
    for (const change of [
      { etag: '"b"' },
      { etag: '"a"', change: (bytes: Uint8Array) => bytes.subarray(0, -2) },
      { etag: '"a"', ranges: false },
    ]) {
      behaviour = { etag: '"a"' };
      const file = await httpFile(`${origin}/train.bin`, { chunkBytes: 64 });
      await file.read(0, 10);
      behaviour = change;
      await expect(file.read(640, 10)).rejects.toMatchObject({
        code: 'FILE_CORRUPT',
        message: expect.stringContaining('was changed while it was read'),
      });
    }
  });

  test('that is busy for a moment is asked again, and not forever', async () => {
    behaviour = { failing: { status: 503, times: 1 } };
    const file = await httpFile(`${origin}/train.bin`);
    expect(file.size).toBeGreaterThan(1000);
    behaviour = { failing: { status: 503, times: 9 } };
    await expect(httpFile(`${origin}/train.bin`, { retries: 1 })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('503'),
    });
  });

  test('that does not have the file, or cannot be reached', async () => {
    await expect(httpFile(`${origin}/none.bin`)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('none.bin does not exist'),
    });
    await expect(tokenFiles(httpFolder(`${origin}/none`), options)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    await expect(httpFile('http://127.0.0.1:1/train.bin', { retries: 0 })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('cannot be reached'),
    });
  });

  test('of another origin that hides the length names the header that it has to send', async () => {
    const fetch = async () => new Response('x', { status: 206 });
    await expect(httpFile(`${origin}/train.bin`, { fetch })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('Access-Control-Expose-Headers: Content-Range, ETag'),
    });
  });
});

test('an empty file, or one of another dtype, is refused as on disk', async () => {
  await expect(openTokenFile(blobSource(new Blob([]), 'x.bin'), 'uint16')).rejects.toMatchObject({
    code: 'FILE_EMPTY',
  });
  await expect(openTokenFile(blobSource(new Blob(['abc']), 'x.bin'), 'uint16')).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
  });
  behaviour = { change: () => new Uint8Array(0) };
  const file = await httpFile(`${origin}/train.bin`);
  await expect(openTokenFile(file, 'uint16')).rejects.toMatchObject({ code: 'FILE_EMPTY' });
});
