import type { IncomingMessage, ServerResponse } from 'node:http';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GOOD_TOKEN, sha256 } from './testing/mock-hub.js';
import { createScene, tinyModel, WEIGHTS, type Scene } from './testing/setup.js';

/** A hub that is slow, busy, or not there at all: nobody waits for long, in silence, or for something that never comes. */

let scene: Scene;
beforeEach(async () => {
  scene = await createScene();
});
afterEach(() => scene.end());

type Where = (request: IncomingMessage, at: string) => boolean;
const atStorage: Where = (_, at) => at === 'storage';
const isInfo: Where = ({ url }) => url!.includes('/revision/');
const isTree: Where = ({ url }) => url!.includes('/tree/');
const isConfig: Where = ({ url }) => url!.includes('/resolve/') && url!.endsWith('/config.json');

function answer(when: Where, how: (response: ServerResponse, request: IncomingMessage) => void): void {
  scene.hub.intercept = (request, response, at) => {
    if (!when(request, at)) return false;
    how(response, request);
    return true;
  };
}

const retries = () => scene.events.flatMap((event) => (event.kind === 'retry' ? [event] : []));

/** Sends a body byte by byte, a hundred a second. */
function trickle(body: Uint8Array) {
  return (response: ServerResponse) => {
    response.setHeader('content-length', body.length);
    let sent = 0;
    const timer = setInterval(() => {
      response.write(body.subarray(sent, ++sent));
      if (sent === body.length) response.end();
    }, 10);
    response.on('close', () => clearInterval(timer));
  };
}

describe('a hub that sends a byte now and then', () => {
  const limits = { minBytesPerSecond: 5000, slowMs: 200 };

  test('is given up, with what has arrived kept for the next attempt', async () => {
    answer(atStorage, trickle(WEIGHTS));
    await expect(scene.resolve({ limits })).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringMatching(/it sends \d+ bytes a second, below the minimum of 5000/),
    });
    expect(retries().map(({ file }) => file)).toEqual(['model.safetensors', 'model.safetensors']);
    const partial = join(scene.folder, 'blobs', `${sha256(WEIGHTS)}.attune.incomplete`);
    expect((await stat(partial)).size).toBeGreaterThan(0);
    scene.hub.intercept = undefined;
    expect((await scene.resolve()).source).toBe('hub');
  });

  test.each([
    ['the model', isInfo],
    ['the list', isTree],
  ])('instead of %s', async (_, when) => {
    answer(when, trickle(Buffer.from(`[${' '.repeat(10_000)}]`)));
    await expect(scene.resolve({ limits })).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
    expect(retries()).toEqual([]);
  });

  test('is not waited for longer than all answers together may take, however fast it would be', async () => {
    answer(isTree, (response, { url }) => {
      response.setHeader('link', `<${scene.hub.endpoint}${url}>; rel="next"`);
      setTimeout(() => response.end('[]'), 50);
    });
    await expect(scene.resolve({ limits: { responseMs: 400 } })).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringContaining('it takes too long to answer'),
    });
  });
});

describe('a hub that asks to wait', () => {
  const busy =
    (seconds: string, status = 429) =>
    (response: ServerResponse) =>
      void response.writeHead(status, { 'retry-after': seconds }).end('slow down');

  test.each([
    ['the model', isInfo, undefined],
    ['the list', isTree, undefined],
    ['a file', isConfig, 'config.json'],
  ])('before it gives %s is waited for, and that is said', async (_, when, file) => {
    let times = 0;
    const once: Where = (request, at) => when(request, at) && times++ === 0;
    answer(once, busy('1'));
    await scene.resolve();
    const [retry, ...others] = retries();
    expect(retry).toMatchObject({ delayMs: 1000, reason: `${scene.hub.endpoint} asks to wait 1 s (429).` });
    expect(retry!.file).toBe(file);
    expect(others).toEqual([]);
  });

  test.each([
    ['9999', /asks to wait 3 hours \(9999 s\).*the limit is 5 minutes.*Run it again/],
    ['9'.repeat(400), /asks to wait more than a year/],
    ['Fri, 31 Dec 2199 23:59:59 GMT', /asks to wait more than a year/],
  ])('for %s is not: the error says for how long', async (seconds, message) => {
    for (const [when, status] of [
      [isInfo, 429],
      [isTree, 503],
      [isConfig, 429],
    ] as const) {
      answer(when, busy(seconds, status));
      await expect(scene.resolve()).rejects.toMatchObject({
        code: 'HUB_UNREACHABLE',
        message: expect.stringMatching(message),
      });
    }
    expect(retries()).toEqual([]);
  });

  test('is not waited for after Ctrl-C', async () => {
    answer(isConfig, busy('200'));
    const controller = new AbortController();
    const onEvent = ({ kind }: { kind: string }) => void (kind === 'retry' && controller.abort());
    await expect(scene.resolve({ signal: controller.signal, onEvent })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});

describe('a page in place of what was asked for', () => {
  const page = '<!DOCTYPE html><html><title>Log in</title></html>';
  const send = (response: ServerResponse) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    // Without a length, as pages are sent.
    response.write(page, () => response.end());
  };

  test.each([
    ['the model', isInfo],
    ['the list', isTree],
    ['a file', isConfig],
    ['the weights', atStorage],
  ])('%s is taken for a log-in page, at once', async (_, when) => {
    answer(when, send);
    await expect(scene.resolve()).rejects.toMatchObject({
      code: 'HUB_BAD_RESPONSE',
      message: expect.stringMatching(/a web page came in place of .*log-in page of a network.*in a browser/),
    });
    expect(retries()).toEqual([]);
    scene.hub.intercept = undefined;
    expect((await scene.resolve()).source).toBe('hub');
  });

  test('and so is a status that networks with such pages have', async () => {
    answer(isInfo, (response) => void response.writeHead(511).end(page));
    await expect(scene.resolve()).rejects.toMatchObject({ code: 'HUB_BAD_RESPONSE' });
    expect(retries()).toEqual([]);
  });

  test('a text that is neither a page nor JSON is refused as fast', async () => {
    answer(isInfo, (response) => void response.end('hello'));
    await expect(scene.resolve()).rejects.toMatchObject({
      code: 'HUB_BAD_RESPONSE',
      message: expect.stringContaining('something else came in place of'),
    });
    expect(retries()).toEqual([]);
  });

  test('a file that ends early, in an answer that ends as it should, is not asked for again', async () => {
    answer(atStorage, (response) => {
      response.write(WEIGHTS.subarray(0, 100), () => response.end());
    });
    await expect(scene.resolve()).rejects.toMatchObject({
      code: 'HUB_BAD_RESPONSE',
      message: expect.stringContaining('ended after 100 of 100000 bytes'),
    });
    expect(retries()).toEqual([]);
    // It may have been anything.
    expect((await scene.list('blobs')).filter((name) => name.startsWith(sha256(WEIGHTS)))).toEqual([]);
  });
});

describe('404', () => {
  const missing = (code?: string) => (response: ServerResponse) =>
    void response.writeHead(404, code ? { 'x-error-code': code } : {}).end();

  test.each([['EntryNotFound'], [undefined]])('of one file (%s) is about that file', async (code) => {
    for (const when of [isConfig, (request: IncomingMessage) => request.url!.includes('config.json')]) {
      answer(when, missing(code));
      await expect(scene.resolve()).rejects.toMatchObject({
        code: 'HUB_NOT_FOUND',
        message: expect.stringMatching(
          /org\/tiny lists a file that it does not have: "config.json".*model itself is there/,
        ),
      });
    }
  });

  test('of one file at the storage as well', async () => {
    answer(atStorage, missing());
    await expect(scene.resolve()).rejects.toMatchObject({
      code: 'HUB_NOT_FOUND',
      message: expect.stringContaining('"model.safetensors"'),
    });
  });

  test('of a model that has gone meanwhile is about the model', async () => {
    answer(isConfig, missing('RepoNotFound'));
    await expect(scene.resolve()).rejects.toThrow(/The hub has no model org\/tiny\./);
  });

  test.each([
    ['org/tiny@v9', /org\/tiny has no revision "v9"/],
    [`org/tiny@${'9'.repeat(40)}`, /org\/tiny has no revision/],
    ['org/nothing@v9', /The hub has no model org\/nothing/],
    ['org/nothing', /The hub has no model org\/nothing/],
  ])('of %s, where the hub does not say what is missing, is looked at twice', async (id, message) => {
    const known: Where = ({ url }) => /org\/tiny\/(revision|tree)\/(main|HEAD|0123)/.test(url!);
    answer((request, at) => !known(request, at), missing());
    scene.hub.repositories.set('org/tiny', tinyModel({ revisions: ['HEAD'] }));
    await expect(scene.resolve({}, id)).rejects.toMatchObject({
      code: 'HUB_NOT_FOUND',
      message: expect.stringMatching(message),
    });
  });
});

test('a storage whose addresses have expired is reached by new ones', async () => {
  let times = 0;
  answer(
    (_, at) => at === 'storage' && times++ === 0,
    (response) => void response.writeHead(403).end(),
  );
  expect((await scene.resolve({ token: GOOD_TOKEN })).source).toBe('hub');
  expect(retries()).toHaveLength(1);
});

test('redirects in a circle are noticed', async () => {
  answer(isInfo, (response, { url }) => {
    const other = url!.includes('again') ? url!.replace('&again', '') : `${url}&again`;
    response.writeHead(307, { location: other }).end();
  });
  await expect(scene.resolve()).rejects.toMatchObject({
    code: 'HUB_BAD_RESPONSE',
    message: expect.stringContaining('in a circle'),
  });
  expect(scene.hub.requests).toHaveLength(2);
});
