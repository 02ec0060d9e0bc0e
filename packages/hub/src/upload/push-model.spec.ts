import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HubEvent } from '../http/events.js';
import { GOOD_TOKEN, MockHub } from '../testing/mock-hub.js';
import { MockUploads } from '../testing/mock-uploads.js';
import { pushModel, type PushOptions } from './push-model.js';

const WEIGHTS = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
const OTHER = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) % 253));

let hub: MockHub;
let uploads: MockUploads;
let folder: string;
const events: HubEvent[] = [];
beforeEach(async () => {
  hub = await MockHub.start();
  uploads = new MockUploads(hub);
  events.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'attune-push-'));
  await write('config.json', '{"model_type":"gpt2"}\n');
  await write('tokenizer.json', '{}');
  await write('model-00001-of-00002.safetensors', WEIGHTS);
  await write('model-00002-of-00002.safetensors', OTHER);
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

async function write(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), content);
}

const push = (options: PushOptions = {}, to = 'me/tiny') =>
  pushModel(folder, to, {
    env: {},
    endpoint: hub.endpoint,
    token: GOOD_TOKEN,
    onEvent: (event) => events.push(event),
    retry: { attempts: 3, delayMs: 1 },
    ...options,
  });

const filesOf = (name = 'me/tiny') => hub.repositories.get(name)?.files ?? {};

/** Everything that could be printed of an error. */
function everythingOf(error: unknown): string {
  const parts: string[] = [];
  for (let e = error as Error & { data?: unknown }; e; e = e.cause as typeof e) {
    parts.push(String(e), e.stack ?? '', JSON.stringify(e), JSON.stringify(e.data) ?? '');
  }
  return parts.join('\n');
}

describe('a push', () => {
  test('makes the repository, and everything in one commit', async () => {
    const report = await push({ card: '# tiny\n', isPrivate: true, message: 'First' });
    expect(uploads.created).toEqual([{ name: 'me/tiny', visibility: 'private' }]);
    expect(uploads.commits).toHaveLength(1);
    expect(uploads.commits[0]).toMatchObject({
      summary: 'First',
      branch: 'main',
      files: {
        'README.md': 'regular',
        'config.json': 'regular',
        'model-00001-of-00002.safetensors': 'lfs',
      },
    });
    expect(Buffer.from(filesOf()['model-00001-of-00002.safetensors']!)).toEqual(WEIGHTS);
    expect(String(filesOf()['README.md'])).toBe('# tiny\n');
    expect(report).toMatchObject({ isNew: true, isPrivate: true, url: `${hub.endpoint}/me/tiny` });
    expect(report.commit).toBe(hub.repositories.get('me/tiny')!.commit);
  });

  test('sends the token to the hub, and to nobody else', async () => {
    uploads.partSize = 64_000;
    await push();
    const seen = (at: string) =>
      new Set(hub.requests.filter((one) => one.at === at).map(({ headers }) => headers.authorization));
    expect(seen('hub')).toEqual(new Set([`Bearer ${GOOD_TOKEN}`]));
    expect(seen('storage')).toEqual(new Set([undefined]));
  });

  test('tells how far it is', async () => {
    await push();
    const last = events.filter((event) => event.kind === 'progress').at(-1);
    expect(last).toMatchObject({ totalLoaded: WEIGHTS.length + OTHER.length });
  });

  test('that changes nothing makes no commit', async () => {
    await push();
    const again = await push();
    expect(uploads.commits).toHaveLength(1);
    expect(again).toMatchObject({ bytes: 0, isNew: false });
    expect(again.commit).toBeUndefined();
    expect(new Set(again.files.map(({ state }) => state))).toEqual(new Set(['same']));
  });

  test('of one file that has changed sends that', async () => {
    await push();
    await write('config.json', '{"model_type":"llama"}\n');
    const { files } = await push();
    expect(files.filter(({ state }) => state !== 'same')).toEqual([
      { path: 'config.json', size: 23, state: 'changed' },
    ]);
    expect(uploads.commits[1]!.files).toEqual({ 'config.json': 'regular' });
  });

  test('takes the card of the folder, as it is', async () => {
    await write('README.md', '# mine\n');
    await push({ card: '# made\n' });
    expect(String(filesOf()['README.md'])).toBe('# mine\n');
  });

  test('of the card alone leaves all else', async () => {
    await push({ card: '# made\n', cardOnly: true });
    expect(uploads.commits[0]!.files).toEqual({ 'README.md': 'regular' });
  });

  test('may go to a branch, which is made, or be a pull request', async () => {
    await push();
    await write('config.json', '{}');
    await push({ branch: 'next' });
    expect(uploads.commits[1]).toMatchObject({ branch: 'next' });
    await write('config.json', '{"a":1}');
    const { pullRequest } = await push({ createPr: true });
    expect(uploads.commits[2]).toMatchObject({ pullRequest: true });
    expect(pullRequest).toBe(`${hub.endpoint}/me/tiny/discussions/1`);
  });

  test('that only looks sends and makes nothing', async () => {
    const { files, bytes, commit } = await push({ dryRun: true, card: '# made\n' });
    expect(files.map(({ path, state }) => `${state} ${path}`)).toContain('new README.md');
    expect(bytes).toBeGreaterThan(WEIGHTS.length);
    expect([commit, hub.repositories.size, uploads.commits.length]).toEqual([undefined, 0, 0]);
  });

  test('that is to be private does not go where everybody sees it', async () => {
    await push();
    await write('config.json', '{}');
    await expect(push({ isPrivate: true })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/is public/),
    });
    expect(uploads.commits).toHaveLength(1);
  });
});

describe('a push that was cut', () => {
  test('leaves no commit, and sends what had not arrived', async () => {
    const controller = new AbortController();
    uploads.intercept = (request) => {
      // The second large file breaks off.
      if (!request.url!.startsWith('/upload/') || uploads.received.length === 0) return false;
      controller.abort();
      request.destroy();
      return true;
    };
    // One after the other, so that the first has arrived.
    await rm(join(folder, 'model-00002-of-00002.safetensors'));
    await push({ message: 'part', dryRun: false });
    expect(uploads.received).toHaveLength(1);
    await write('model-00002-of-00002.safetensors', OTHER);
    await expect(push({ signal: controller.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(uploads.commits).toHaveLength(1);
    uploads.intercept = undefined;
    await push();
    expect(uploads.commits).toHaveLength(2);
    expect(uploads.received).toHaveLength(2);
  });

  test('before the commit does not send large files again', async () => {
    let broken = true;
    uploads.intercept = (request, response) => {
      if (!broken || !request.url!.includes('/commit/')) return false;
      request.resume().on('end', () => response.destroy());
      return true;
    };
    await expect(push()).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
    expect([uploads.commits.length, uploads.received.length]).toEqual([0, 2]);
    broken = false;
    const { commit } = await push();
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
    expect([uploads.commits.length, uploads.received.length]).toEqual([1, 2]);
  });

  test('by a connection that breaks goes on by itself', async () => {
    let times = 0;
    uploads.intercept = (request) => {
      if (!request.url!.startsWith('/upload/') || ++times > 2) return false;
      request.destroy();
      return true;
    };
    await push();
    expect(uploads.commits).toHaveLength(1);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'retry' }));
  });

  test('by a hub that asks to wait waits', async () => {
    let asked = false;
    uploads.intercept = (request, response) => {
      if (asked || !request.url!.includes('/commit/')) return false;
      asked = true;
      request.resume().on('end', () => response.writeHead(429, { 'retry-after': '0' }).end());
      return true;
    };
    await push();
    expect(uploads.commits).toHaveLength(1);
  });
});

describe('refused, with the token nowhere in the error,', () => {
  const HOSTILE: [string, string, (answer: Record<string, unknown>) => unknown, RegExp][] = [
    [
      'an upload to a file',
      'batch',
      (answer) => withHref(answer, 'file:///etc/passwd'),
      /another protocol, "file:"/,
    ],
    ['an upload by ftp', 'batch', (answer) => withHref(answer, 'ftp://x.example/'), /another protocol/],
    ['an upload to nowhere', 'batch', (answer) => withHref(answer, 'no address'), /no address/],
    [
      'an upload with a password',
      'batch',
      (answer) => withHref(answer, 'https://u:p@x.example/'),
      /password/,
    ],
    [
      'other files than were asked for',
      'batch',
      (answer) => ({ ...answer, objects: [] }),
      /where a large file goes/,
    ],
    ['objects that are none', 'batch', () => ({ objects: 'many' }), /where a large file goes/],
    [
      'an error for a file',
      'batch',
      (answer) => ({
        objects: (answer['objects'] as object[]).map((one) => ({
          ...one,
          error: { code: 413, message: GOOD_TOKEN },
        })),
      }),
      /refuses a large file \(413\)/,
    ],
    [
      'no word of how files go up',
      'preupload',
      () => ({ files: [] }),
      /does not say how "config.json" goes up/,
    ],
    ['JSON that is a number', 'preupload', () => 7, /does not say how/],
  ];

  const withHref = (answer: Record<string, unknown>, href: string) => ({
    objects: (answer['objects'] as object[]).map((one) => ({ ...one, actions: { upload: { href } } })),
  });

  test.each(HOSTILE)('%s', async (_, path, change, message) => {
    uploads.answerWith = (asked, answer) => (asked.includes(path) ? change(answer) : answer);
    const error: unknown = await push().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'HUB_BAD_RESPONSE', message: expect.stringMatching(message) });
    expect(everythingOf(error)).not.toContain(GOOD_TOKEN);
    expect(uploads.commits).toEqual([]);
  });

  test('what is sent being sent on to another host', async () => {
    uploads.intercept = (request, response, at) => {
      if (at !== 'hub' || request.method !== 'POST' || !request.url!.includes('/commit/')) return false;
      request.resume();
      response.writeHead(307, { location: `${hub.storageOrigin}/stolen` }).end();
      return true;
    };
    await expect(push()).rejects.toMatchObject({
      code: 'HUB_BAD_RESPONSE',
      message: expect.stringMatching(/redirects what is sent to it/),
    });
    expect(hub.requests.some(({ url }) => url.includes('stolen'))).toBe(false);
  });

  test('an answer without an end', async () => {
    uploads.intercept = (request, response) => {
      if (!request.url!.includes('/preupload/')) return false;
      request.resume();
      const fill = () => {
        while (!response.destroyed && response.write('x'.repeat(2 ** 16)));
      };
      response.writeHead(200, { 'content-type': 'application/json' }).on('drain', fill);
      fill();
      return true;
    };
    await expect(push()).rejects.toMatchObject({
      code: 'HUB_BAD_RESPONSE',
      message: expect.stringMatching(/longer than/),
    });
  });

  test('a token that may not write', async () => {
    hub.repositories.set('me/tiny', { commit: 'a'.repeat(40), files: {} });
    const error: unknown = await push({ token: 'hf_read_only_token' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'HUB_ACCESS_DENIED',
      message: expect.stringMatching(/does not let the token.*write me\/tiny/),
    });
    expect(everythingOf(error)).not.toContain('hf_read_only');
  });

  test.each([
    ['no token', {}, /needs a token/],
    ['a token that everybody could read on the way', { endpoint: 'http://hub.example' }, /begins with https/],
  ])('%s', async (_, options, message) => {
    const token = 'endpoint' in options ? GOOD_TOKEN : false;
    await expect(push({ token, ...options })).rejects.toMatchObject({
      code: 'HUB_ACCESS_DENIED',
      message: expect.stringMatching(message),
    });
  });
});

test('somebody else’s commit in between is not overwritten unseen', async () => {
  hub.repositories.set('me/tiny', { commit: 'a'.repeat(40), files: {} });
  uploads.intercept = (request) => {
    if (request.url!.includes('/commit/')) hub.repositories.get('me/tiny')!.commit = 'b'.repeat(40);
    return false;
  };
  await expect(push()).rejects.toThrow(/was changed while this was pushed \(412\)/);
});

describe('a file that changes meanwhile', () => {
  test.each([
    ['before it is sent', '/preupload/'],
    ['before the commit', '/upload/'],
  ])('%s is noticed', async (_, at) => {
    let changed = false;
    uploads.answerWith = undefined;
    uploads.intercept = (request) => {
      if (!changed && request.url!.includes(at)) {
        changed = true;
        void writeFile(join(folder, 'config.json'), '{"model_type":"other"}');
        void writeFile(join(folder, 'model-00002-of-00002.safetensors'), Buffer.alloc(OTHER.length, 9));
      }
      return false;
    };
    await expect(push()).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringMatching(/was changed while it was pushed/),
    });
    expect(uploads.commits).toEqual([]);
  });
});

describe('of a folder', () => {
  const paths = async (options: PushOptions = {}) =>
    (await push({ dryRun: true, ...options })).files.map(({ path }) => path);

  test('adapters beside an ONNX model go up', async () => {
    await write('adapters/cats.safetensors', 'x');
    expect(await paths()).toContain('adapters/cats.safetensors');
  });

  test('only the files of a model go up', async () => {
    for (const name of [
      ...['optimizer.safetensors', 'trainer_state.json', 'metrics.jsonl', '.env', '.git/config.json'],
      ...['checkpoints/step-5/model.safetensors', 'samples/1.txt', 'notes.txt', 'run.json'],
    ]) {
      await write(name, 'x');
    }
    for (const name of [
      'model-q8_0.gguf',
      'onnx/model.onnx',
      'onnx/model.onnx_data',
      'Modelfile',
      'LICENSE',
    ]) {
      await write(name, 'x');
    }
    expect(await paths()).toEqual(
      [
        ...['LICENSE', 'Modelfile', 'config.json', 'model-00001-of-00002.safetensors'],
        ...['model-00002-of-00002.safetensors', 'model-q8_0.gguf', 'onnx/model.onnx', 'onnx/model.onnx_data'],
        'tokenizer.json',
      ].sort(),
    );
    const { left } = await push({ dryRun: true });
    expect(left).toEqual(expect.arrayContaining(['.env', '.git', 'checkpoints/', 'optimizer.safetensors']));
  });

  test('more goes up where it is included, but no name with a dot before it', async () => {
    await write('notes/a.txt', 'x');
    await write('.env', 'SECRET=1');
    expect(await paths({ include: ['notes/*.txt'] })).toContain('notes/a.txt');
    await expect(paths({ include: ['.env'] })).rejects.toThrow(/is of no file/);
  });

  test('a link that leads out is refused, and one that stays is a file', async () => {
    await symlink(join(folder, 'config.json'), join(folder, 'generation_config.json'));
    expect(await paths()).toContain('generation_config.json');
    await symlink('/etc/hostname', join(folder, 'vocab.json'));
    await expect(paths()).rejects.toThrow(/"vocab.json" is a link that leads out of the folder/);
  });

  test('that holds no model, nothing does', async () => {
    await rm(folder, { recursive: true });
    await write('notes.txt', 'x');
    await expect(push()).rejects.toThrow(/holds no file of a model/);
  });
});

test.each(['tiny', 'a/b/c', 'me/..', 'me/tiny@' + 'a'.repeat(40)])(
  '%s is no name to push to',
  async (name) => {
    await expect(push({}, name)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  },
);
