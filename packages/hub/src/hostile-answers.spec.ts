import { gzipSync } from 'node:zlib';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { storageFault } from './download/download-blob.js';
import { planDownload, resolveModel } from './resolve-model.js';
import { gitSha1, sha256 } from './testing/mock-hub.js';
import { COMMIT, createScene, tinyModel, WEIGHTS, type Scene } from './testing/setup.js';

/** Responses that a hub, or a proxy before it, may send: nothing crashes, hangs, fills memory, or is used. */
let scene: Scene;
beforeEach(async () => {
  scene = await createScene();
});
afterEach(() => scene.end());

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const isTree = ({ url = '' }: IncomingMessage) => url.includes('/tree/');
const isInfo = ({ url = '' }: IncomingMessage) => url.includes('/revision/');
const json =
  (value: unknown): Answer =>
  (response) =>
    void response.end(JSON.stringify(value));

function answer(when: (request: IncomingMessage, at: string) => boolean, how: Answer): void {
  scene.hub.intercept = (request, response, at) => {
    if (!when(request, at)) return false;
    how(response, request);
    return true;
  };
}

/** Nothing of the weights may be in the cache, neither as a blob nor in a snapshot nor behind a ref. */
async function expectNothingUsed(): Promise<void> {
  expect((await scene.list('blobs')).filter((name) => name.startsWith(sha256(WEIGHTS)))).toEqual([]);
  expect(await scene.list(`snapshots/${COMMIT}`)).not.toContain('model.safetensors');
  expect(await scene.list('refs')).toEqual([]);
  expect(await readdir(scene.cacheDir)).toEqual(
    (await scene.list('.')).length > 0 ? ['models--org--tiny'] : [],
  );
}

async function refusal(): Promise<{ code: string; message: string }> {
  const error: unknown = await scene.resolve({ timeoutMs: 10_000 }).catch((reason: unknown) => reason);
  await expectNothingUsed();
  return error as { code: string; message: string };
}

const flood: Answer = (response) => {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(65536, ' ')));
  };
  response.on('drain', more);
  more();
};

describe.each([
  ['nothing at all', (response: ServerResponse) => void response.end()],
  ['half of a JSON', (response: ServerResponse) => void response.end('{"sha": "01')],
  ['a page for people', (response: ServerResponse) => void response.end('<html>Please log in</html>')],
  ['null', json(null)],
  ['a number', json(7)],
  ['deeply nested lists', (response: ServerResponse) => void response.end('['.repeat(1e6))],
  ['no UTF-8', (response: ServerResponse) => void response.end(Buffer.of(0xff, 0xfe, 0x00))],
  ['blanks without end', flood],
  ['a redirect to nowhere', (response: ServerResponse) => void response.writeHead(302).end()],
  [
    'a redirect to itself',
    (response: ServerResponse, { url }: IncomingMessage) =>
      void response.writeHead(302, { location: url }).end(),
  ],
  ...[
    'file:///etc/passwd',
    'ftp://127.0.0.1/x',
    'data:application/json,[]',
    'http://user:pw@127.0.0.1/',
    'http://[',
  ].map((location): [string, Answer] => [
    `a redirect to ${location}`,
    (response) => void response.writeHead(302, { location }).end(),
  ]),
  ['a teapot', (response: ServerResponse) => void response.writeHead(418).end()],
] as [string, Answer][])('%s', (_, how) => {
  test.each([
    ['as the model', isInfo],
    ['as the list of files', isTree],
    [
      'as a file',
      (request: IncomingMessage, at: string) => at === 'storage' || request.url!.includes('/resolve/'),
    ],
  ])('%s', async (_where, when) => {
    answer(when, how);
    expect((await refusal()).code).toMatch(/^(HUB_BAD_RESPONSE|HUB_UNREACHABLE|CHECKSUM_MISMATCH)$/);
  });
});

test.each([
  ['a', { sha: 7 }],
  ['b', { sha: '../../evil' }],
  ['c', { sha: 'A'.repeat(40) }],
  ['d', {}],
])('a commit that is none: %s', async (_, info) => {
  answer(isInfo, json({ _id: '1', id: 'org/tiny', ...info }));
  expect(await refusal()).toMatchObject({ code: 'HUB_BAD_RESPONSE' });
});

describe('lists of files', () => {
  const good = { type: 'file', path: 'config.json', size: 2, oid: gitSha1(Buffer.from('{}')) };
  const weights = { ...good, path: 'model.safetensors', lfs: { oid: sha256(WEIGHTS), size: WEIGHTS.length } };

  test.each([
    ...[
      '../config.json',
      '/etc/passwd',
      'a/../../b',
      '..',
      'C:\\evil',
      'a\\..\\b',
      '\\\\host\\x',
      '',
      'a\0b',
      7,
      null,
    ].map((path) => [`a file named ${JSON.stringify(path)}`, [good, weights, { ...good, path }]]),
    ['a size below zero', [weights, { ...good, size: -1 }]],
    ['a size that is no number', [weights, { ...good, size: '2' }]],
    ['a size beyond all numbers', [weights, { ...good, size: 1e300 }]],
    ['no checksum', [weights, { ...good, oid: undefined }]],
    ['a checksum that is a path', [weights, { ...good, oid: '../../../evil' }]],
    ['a checksum of another kind', [good, { ...weights, lfs: { oid: good.oid, size: 2 } }]],
    ['large storage that is a text', [good, { ...weights, lfs: 'yes' }]],
    ['a list within the list', [good, [weights]]],
    ['nothing in the list', [null]],
    ['one file twice', [good, weights, good]],
    ['a path longer than any', [good, weights, { ...good, path: 'x'.repeat(5000) }]],
  ] as [string, unknown][])('%s', async (_, list) => {
    answer(isTree, json(list));
    expect(await refusal()).toMatchObject({ code: 'HUB_BAD_RESPONSE' });
    expect(scene.hub.requests.filter(({ url }) => url.includes('/resolve/'))).toEqual([]);
  });

  test('more room than any disk has is not begun with', async () => {
    answer(isTree, json([good, { ...weights, lfs: { oid: sha256(WEIGHTS), size: 2 ** 52 } }]));
    expect(await refusal()).toMatchObject({
      code: 'FILE_WRITE',
      message: expect.stringContaining('HF_HUB_CACHE'),
    });
    expect(scene.hub.requests.filter(({ url }) => url.includes('/resolve/'))).toEqual([]);
    // A plan of it says the same, and leaves no folder behind.
    const env = { HF_ENDPOINT: scene.hub.endpoint };
    const planned = planDownload('org/tiny', { env, cacheDir: scene.cacheDir });
    await expect(planned).rejects.toMatchObject({ code: 'FILE_WRITE' });
  });

  test.each([
    ['empty pages', 0],
    ['full pages', 2000],
  ])('%s without end', async (_, length) => {
    let page = 0;
    answer(isTree, (response, { url }) => {
      page++;
      const list = Array.from({ length }, (_, i) => ({ ...good, path: `f${page}-${i}` }));
      response.setHeader('link', `<${scene.hub.endpoint}${url}>; rel="next"`);
      response.end(JSON.stringify(list));
    });
    expect(await refusal()).toMatchObject({
      code: 'HUB_BAD_RESPONSE',
      message: expect.stringContaining('more than'),
    });
  });
});

describe('weights', () => {
  const atStorage = (_: IncomingMessage, at: string) => at === 'storage';
  const spoilt = Uint8Array.from(WEIGHTS, (byte, i) => (i === 5 ? byte ^ 1 : byte));

  test.each([
    ['of the right length, one bit wrong', 'CHECKSUM_MISMATCH', (r: ServerResponse) => void r.end(spoilt)],
    [
      'that are longer than stated',
      'HUB_BAD_RESPONSE',
      (r: ServerResponse) => {
        r.write(WEIGHTS);
        r.end('more');
      },
    ],
    ['without end', 'HUB_BAD_RESPONSE', flood],
    [
      'shorter than stated, as their header admits',
      'HUB_BAD_RESPONSE',
      (r: ServerResponse) => void r.setHeader('content-length', 10).end(WEIGHTS.subarray(0, 10)),
    ],
    [
      'shorter than their header states',
      'HUB_UNREACHABLE',
      (r: ServerResponse) => {
        r.setHeader('content-length', WEIGHTS.length);
        // Not at once: what was sent would not be read.
        r.write(WEIGHTS.subarray(0, 10), () => void scene.untilOnDisk(10).then(() => r.destroy()));
      },
    ],
    [
      'as a part that nobody asked for',
      'HUB_BAD_RESPONSE',
      (r: ServerResponse) =>
        void r
          .writeHead(206, { 'content-range': `bytes 9-${WEIGHTS.length}/${WEIGHTS.length}` })
          .end(WEIGHTS),
    ],
    ['that never begin', 'HUB_UNREACHABLE', () => undefined],
  ] as [string, string, Answer][])('%s', async (name, code, how) => {
    answer(atStorage, how);
    // Not even a part of them stays, unless it may be the beginning of the right ones.
    const timeoutMs = name === 'that never begin' ? 300 : 10_000;
    const error: unknown = await scene.resolve({ timeoutMs }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, fix: expect.any(String) });
    const left = (await scene.list('blobs')).filter((name) => name.startsWith(sha256(WEIGHTS)));
    const isBeginning = name === 'shorter than their header states';
    expect(left).toEqual(isBeginning ? [`${sha256(WEIGHTS)}.attune.incomplete`] : []);
    expect(await scene.list('refs')).toEqual([]);

    scene.hub.intercept = undefined;
    expect((await scene.resolve()).source).toBe('hub');
  });

  test('a small file with a wrong checksum is not used either', async () => {
    answer(
      ({ url }) => url!.includes('/resolve-cache/') && url!.endsWith('config.json'),
      (response) => void response.end('{"model_type":"evil"}\n'),
    );
    expect(await refusal()).toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      message: expect.stringContaining('git-sha1'),
    });
  });
});

test('what a message repeats of an answer is short, and commands no terminal', async () => {
  const path = `/\u001b[2J\u202e${'x'.repeat(4000)}`;
  answer(isTree, json([{ type: 'file', path, size: 2, oid: '0'.repeat(40) }]));
  const { message } = await refusal();
  expect(message.length).toBeLessThan(500);
  expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(message).toContain('\\u{202e}');
});

describe('a body that grows as it is unpacked', () => {
  const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20));

  test.each([
    ['as the model', isInfo],
    ['as the list of files', isTree],
    ['as weights', (_: IncomingMessage, at: string) => at === 'storage'],
  ])('%s', async (_, when) => {
    answer(when, (response) => void response.setHeader('content-encoding', 'gzip').end(bomb));
    const before = process.memoryUsage().rss;
    expect(await refusal()).toMatchObject({
      code: 'HUB_BAD_RESPONSE',
      message: expect.stringContaining('longer than'),
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });
});

describe('an index of shards', () => {
  const { 'model.safetensors': _, ...others } = tinyModel().files;

  test.each([
    ['../../../outside.safetensors'],
    ['/etc/outside.safetensors'],
    ['a\\b.safetensors'],
    ['C:x.safetensors'],
    ['sub/x.safetensors'],
    ['weights.bin'],
    ['missing.safetensors'],
    ['ONE.safetensors'],
    ['\u001b[31m.safetensors'],
    ['\u009b31m.safetensors'],
    ['\u202eevil.safetensors'],
    ['nul.safetensors'],
    [7],
  ])('that names %j', async (shard) => {
    const index = JSON.stringify({ weight_map: { a: 'one.safetensors', b: shard } });
    const files = {
      ...others,
      'one.safetensors': 'one',
      'weights.bin': 'x',
      'ONE.safetensors': 'two',
      'model.safetensors.index.json': index,
    };
    scene.hub.repositories.set('org/tiny', { commit: COMMIT, files });
    expect(await refusal()).toMatchObject({ code: 'FILE_CORRUPT' });
    expect(scene.hub.requests.filter(({ at }) => at === 'storage')).toEqual([]);
  });

  test.each(['', '[]', '{"weight_map":[]}', '{"weight_map":null}', 'nothing'])('%j', async (index) => {
    const files = { ...others, 'model.safetensors.index.json': index };
    scene.hub.repositories.set('org/tiny', { commit: COMMIT, files });
    expect(await refusal()).toMatchObject({ code: 'FILE_CORRUPT' });
  });
});

test.each([
  [
    { 'config.json': '{}', 'pytorch_model.bin': 'x' },
    /no model\.safetensors, only "pytorch_model\.bin".*save_pretrained/,
  ],
  [{ 'model.safetensors': 'x' }, /no config\.json/],
  [{ 'README.md': 'x' }, /no model\.safetensors\./],
])('a repository with %j is no model that can be read', async (files, message) => {
  scene.hub.repositories.set('org/tiny', {
    commit: COMMIT,
    files: files as unknown as Record<string, string>,
  });
  expect(await refusal()).toMatchObject({
    code: 'UNSUPPORTED_MODEL',
    message: expect.stringMatching(message),
  });
});

test('a list that goes on without encryption is refused', async () => {
  const addresses: string[] = [];
  const fetch = (input: string | URL | Request) => {
    addresses.push(String(input));
    const headers = { link: '<http://hub.example/next>; rel="next"' };
    return Promise.resolve(new Response('[]', { headers }));
  };
  const asking = resolveModel(`org/tiny@${COMMIT}`, {
    env: {},
    endpoint: 'https://hub.example',
    cacheDir: join(scene.cacheDir, 'x'),
    fetch,
  });
  await expect(asking).rejects.toMatchObject({
    code: 'HUB_BAD_RESPONSE',
    message: expect.stringContaining('another protocol'),
  });
  expect(addresses).toHaveLength(1);
});

test('a redirect from https to http is refused, and the way is not shown with its signature', async () => {
  const addresses: string[] = [];
  const fetch = (input: string | URL | Request) => {
    addresses.push(String(input));
    return Promise.resolve(
      new Response(null, { status: 302, headers: { location: 'http://hub.example/x?secret' } }),
    );
  };
  const error: unknown = await resolveModel('org/tiny', {
    env: {},
    endpoint: 'https://hub.example',
    cacheDir: join(scene.cacheDir, 'x'),
    token: 'hf_x',
    fetch,
  }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'HUB_BAD_RESPONSE',
    message: expect.stringContaining('another protocol'),
  });
  expect(String(error)).not.toContain('secret');
  expect(addresses).toHaveLength(1);
});

describe('a disk', () => {
  test('that cannot be written to', async () => {
    const file = join(scene.cacheDir, 'file');
    await writeFile(file, '');
    await expect(scene.resolve({ cacheDir: file })).rejects.toMatchObject({ code: 'FILE_WRITE' });
  });

  test('that is full', () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const file = { name: 'model.safetensors', size: 9, etag: 'e', algorithm: 'sha256' } as const;
    expect(storageFault('blobs', file, full)).toMatchObject({
      code: 'FILE_WRITE',
      message: expect.stringMatching(/no space left for model\.safetensors.*HF_HUB_CACHE/),
    });
  });

  test('on which a link stands where a download is gone on with: what it leads to is left alone', async () => {
    const blobs = join(scene.folder, 'blobs');
    await mkdir(blobs, { recursive: true });
    const precious = join(scene.cacheDir, 'precious');
    await writeFile(precious, 'precious');
    await symlink(precious, join(blobs, `${sha256(WEIGHTS)}.attune.incomplete`));
    const { path } = await scene.resolve();
    expect(new Uint8Array(await readFile(join(path, 'model.safetensors')))).toEqual(WEIGHTS);
    expect(await readFile(precious, 'utf8')).toBe('precious');
  });
});
