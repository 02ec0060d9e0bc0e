import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256, type Intercept } from './testing/mock-hub.js';
import { COMMIT, createScene, NEEDED, WEIGHTS, type Scene } from './testing/setup.js';

const HALF = WEIGHTS.length / 2;
const ETAG = sha256(WEIGHTS);

let scene: Scene;
beforeEach(async () => {
  scene = await createScene();
});
afterEach(() => scene.end());

/** The storage sends this many bytes of the weights, then breaks off or falls silent. */
function sendPart(bytes: number, then: 'break' | 'silence' = 'break'): Intercept {
  return (_, response, at) => {
    if (at !== 'storage') return false;
    response.setHeader('content-length', WEIGHTS.length);
    response.write(WEIGHTS.subarray(0, bytes), () => {
      // Not before it is on the disk: what has been sent, but not read, is lost with the connection.
      if (then === 'break') void scene.untilOnDisk(bytes).then(() => response.destroy());
    });
    return true;
  };
}

/** As {@link sendPart} for the first request, and as it should be from then on. */
function sendPartOnce(...how: Parameters<typeof sendPart>): Intercept {
  const broken = sendPart(...how);
  let times = 0;
  return (request, response, at) => at === 'storage' && times++ === 0 && broken(request, response, at);
}

const rangesAsked = () =>
  scene.hub.downloadsOf('model.safetensors').map(({ headers }) => headers.range ?? 'all');

async function expectWhole(path: string): Promise<void> {
  expect(sha256(await readFile(join(path, 'model.safetensors')))).toBe(ETAG);
  expect((await scene.list('blobs')).filter((name) => name.includes('incomplete'))).toEqual([]);
  expect(await scene.list(`snapshots/${COMMIT}`)).toEqual(NEEDED);
}

test('a connection that breaks is taken up where it broke', async () => {
  scene.hub.intercept = sendPartOnce(HALF);
  await expectWhole((await scene.resolve()).path);
  expect(rangesAsked()).toEqual(['all', `bytes=${HALF}-`]);
  expect(scene.events).toContainEqual(expect.objectContaining({ kind: 'retry', file: 'model.safetensors' }));
});

test('one that falls silent as well', async () => {
  scene.hub.intercept = sendPartOnce(HALF, 'silence');
  await expectWhole((await scene.resolve({ timeoutMs: 2000 })).path);
  expect(rangesAsked()).toEqual(['all', `bytes=${HALF}-`]);
});

test('as long as there is progress, it does not count how often', async () => {
  let sent = 0;
  scene.hub.intercept = (_, response, at) => {
    if (at !== 'storage' || sent > 6) return false;
    const begin = sent++ * 1000;
    if (begin > 0) {
      response.statusCode = 206;
      response.setHeader('content-range', `bytes ${begin}-${WEIGHTS.length - 1}/${WEIGHTS.length}`);
    }
    response.setHeader('content-length', WEIGHTS.length - begin);
    response.write(
      WEIGHTS.subarray(begin, begin + 1000),
      () => void scene.untilOnDisk(begin + 1000).then(() => response.destroy()),
    );
    return true;
  };
  await expectWhole((await scene.resolve({ retry: { attempts: 2, delayMs: 1 } })).path);
  expect(rangesAsked()).toHaveLength(8);
});

test('without progress it ends, says so, and what arrived serves the next attempt', async () => {
  let times = 0;
  const part = sendPart(HALF);
  scene.hub.intercept = (request, response, at) => {
    if (at !== 'storage') return false;
    if (times++ === 0) return part(request, response, at);
    response.destroy();
    return true;
  };
  await expect(scene.resolve()).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
  expect(await scene.list('blobs')).toContain(`${ETAG}.attune.incomplete`);
  scene.hub.intercept = undefined;
  scene.hub.requests.length = 0;
  await expectWhole((await scene.resolve()).path);
  expect(rangesAsked()).toEqual([`bytes=${HALF}-`]);
});

test('a server that knows no ranges sends all of it again', async () => {
  scene.hub.intercept = sendPartOnce(HALF);
  const broken = scene.hub.intercept;
  scene.hub.intercept = (request, response, at) => {
    if (at === 'storage') delete request.headers.range;
    return broken(request, response, at);
  };
  await expectWhole((await scene.resolve()).path);
});

test('a page that comes in place of the rest costs nothing of what is there', async () => {
  scene.hub.intercept = sendPart(HALF);
  await expect(scene.resolve({ retry: { attempts: 1 } })).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
  scene.hub.intercept = (_, response, at) => {
    if (at !== 'storage') return false;
    const page = 'Please log in';
    response.setHeader('content-length', page.length).end(page);
    return true;
  };
  await expect(scene.resolve()).rejects.toMatchObject({ code: 'HUB_BAD_RESPONSE' });
  scene.hub.intercept = undefined;
  await expectWhole((await scene.resolve()).path);
  expect(rangesAsked()).toEqual(['all', `bytes=${HALF}-`, `bytes=${HALF}-`]);
});

test('a busy hub is asked again, after as long as it wishes', async () => {
  let times = 0;
  scene.hub.intercept = (_, response) => {
    if (times++ > 1) return false;
    response.writeHead(times === 1 ? 429 : 503, { 'retry-after': '0' }).end('slow down');
    return true;
  };
  await expectWhole((await scene.resolve()).path);
});

test('an interruption keeps what has arrived', async () => {
  const controller = new AbortController();
  scene.hub.intercept = sendPart(HALF, 'silence');
  const onEvent = (event: { kind: string; file?: string; loaded?: number }) => {
    if (event.file === 'model.safetensors' && (event.loaded ?? 0) >= HALF) controller.abort();
  };
  await expect(scene.resolve({ signal: controller.signal, onEvent })).rejects.toMatchObject({
    code: 'INTERRUPTED',
    message: expect.stringContaining('run it again'),
  });
  expect((await stat(join(scene.folder, 'blobs', `${ETAG}.attune.incomplete`))).size).toBe(HALF);
});

test('what an earlier attempt left is not trusted: the checksum is of all of it', async () => {
  await scene.resolve();
  const blobs = join(scene.folder, 'blobs');
  // Of the weights, only a spoilt half is there.
  await writeFile(join(blobs, `${ETAG}.attune.incomplete`), new Uint8Array(HALF).fill(7));
  await rm(join(blobs, ETAG));
  await expect(scene.resolve()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  expect((await readdir(blobs)).filter((name) => name.startsWith(ETAG))).toEqual([]);
  await expectWhole((await scene.resolve()).path);
});

describe('several processes', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  function startFetching(): ChildProcess & { readonly ended: Promise<number | null> } {
    const main = fileURLToPath(new URL('./testing/fetching-process.mjs', import.meta.url));
    const options = { endpoint: scene.hub.endpoint, cacheDir: scene.cacheDir, token: false };
    const child = spawn(process.execPath, [main, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.push(child);
    return Object.assign(child, { ended: once(child, 'exit').then(([code]) => code as number | null) });
  }

  test('one that is killed leaves what it has to the next', async () => {
    scene.hub.intercept = sendPartOnce(HALF, 'silence');
    const child = startFetching();
    await scene.untilOnDisk(HALF);
    child.kill('SIGKILL');
    await child.ended;
    await expectWhole((await scene.resolve()).path);
    expect(rangesAsked()).toEqual(['all', `bytes=${HALF}-`]);
  });

  test('one waits for another that is at it, and downloads nothing', async () => {
    let proceed = () => undefined as void;
    scene.hub.intercept = (_, response, at) => {
      if (at !== 'storage' || scene.hub.downloadsOf('model.safetensors').length > 1) return false;
      response.setHeader('content-length', WEIGHTS.length);
      response.write(WEIGHTS.subarray(0, HALF));
      proceed = () => void response.end(WEIGHTS.subarray(HALF));
      return true;
    };
    const child = startFetching();
    await scene.untilOnDisk(HALF);
    const onEvent = ({ kind }: { kind: string }) => void (kind === 'waiting' && proceed());
    await expectWhole((await scene.resolve({ onEvent })).path);
    expect(await child.ended).toBe(0);
    expect(rangesAsked()).toEqual(['all']);
  });

  test('several that begin at the same moment all get the same, whole', async () => {
    const results = await Promise.all(Array.from({ length: 4 }, () => scene.resolve()));
    for (const { path } of results) await expectWhole(path);
  });
});

test('what another machine left is taken over, but only when it is old', async () => {
  const blobs = join(scene.folder, 'blobs');
  await mkdir(blobs, { recursive: true });
  const foreign = join(blobs, `${ETAG}.attune-ffffffff-1-1-00000000.incomplete`);
  await writeFile(foreign, WEIGHTS.subarray(0, HALF));
  const controller = new AbortController();
  const onEvent = ({ kind }: { kind: string }) => void (kind === 'waiting' && controller.abort());
  const waiting = scene.resolve({ signal: controller.signal, onEvent });
  await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });

  const anHourAgo = Date.now() / 1000 - 3600;
  await utimes(foreign, anHourAgo, anHourAgo);
  // Another of its kind is removed when the file is there.
  const other = foreign.replace('ffffffff-1', 'ffffffff-2');
  await writeFile(other, 'x');
  await utimes(other, anHourAgo, anHourAgo);
  await expectWhole((await scene.resolve()).path);
  expect(rangesAsked()).toEqual([`bytes=${HALF}-`]);
});
