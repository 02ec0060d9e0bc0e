import { isAttuneError } from '@attune/core';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { isExpectedHost, isLoopback } from './loopback.js';
import { listen, type Answering, type ListenOptions, type Listening } from './listen.js';

const open: Listening[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close({ within: 0 })));
});

async function serve(fetch: Answering['fetch'], options?: ListenOptions): Promise<Listening> {
  const server = await listen({ fetch }, options);
  open.push(server);
  return server;
}

const hello = () => new Response('hello');

/** A request whose Host header may be any, which `fetch` does not let one set. */
function ask({ port }: Listening, options: RequestOptions = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, agent: false, ...options }, (response) => {
      void textOf(response).then((text) => resolve({ status: response.statusCode!, text }), reject);
    });
    sent.on('error', reject).end();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** Opens a connection, writes, and returns all that comes until it is closed. */
async function converse({ port }: Listening, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part)).on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(parts).toString();
}

test('a server answers on this machine only, on a port that is free', async () => {
  const server = await serve(hello);
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  expect(await (await fetch(server.url)).text()).toBe('hello');
});

test('a port that another program has is a typed error', async () => {
  const { port } = await serve(hello);
  const error = await listen({ fetch: hello }, { port }).catch((caught: unknown) => caught);
  expect(isAttuneError(error, 'LISTEN_FAILED')).toBe(true);
  expect((error as Error).message).toBe(
    `Cannot listen on 127.0.0.1, port ${port}: another program listens there. Choose another port, or 0 for one that is free.`,
  );
});

test('so is a host that is not of this machine', async () => {
  await expect(listen({ fetch: hello }, { host: '192.0.2.1' })).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
  });
});

test('a page that calls the server by a name of its own gets no answer', async () => {
  let asked = 0;
  const server = await serve(() => (asked++, hello()));
  const { status, text } = await ask(server, { headers: { host: `evil.example:${server.port}` } });
  expect(status).toBe(403);
  expect(JSON.parse(text)).toMatchObject({ error: { code: 'unexpected_host' } });
  expect(asked).toBe(0);
  expect((await ask(server, { headers: { host: 'localhost:1' } })).status).toBe(200);
});

test('a proxy may call it by the name that it was told', async () => {
  const server = await serve(hello, { names: ['models.example'] });
  expect((await ask(server, { headers: { host: 'models.example' } })).status).toBe(200);
  expect((await ask(server, { headers: { host: 'evil.example' } })).status).toBe(403);
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['LOCALHOST', true],
  ['app.localhost.', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
])('%s is of this machine only: %s', (host, expected) => expect(isLoopback(host)).toBe(expected));

test.each([
  ['localhost:8000', true],
  ['[::1]:8000', true],
  ['evil@localhost', false],
  ['localhost:8000:1', false],
  ['', false],
  [undefined, false],
])('the Host header %j is expected: %s', (header, expected) => expect(isExpectedHost(header)).toBe(expected));

test('whatever an app throws, clients get a status and nothing else', async () => {
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const server = await serve(() => Promise.reject(new Error('secret')), { onError });
  expect(await ask(server)).toEqual({ status: 500, text: '' });
  expect(errors).toEqual([new Error('secret')]);
});

test('an answer that fails on its way is cut off', async () => {
  const errors: unknown[] = [];
  const body = () => {
    let parts = 0;
    return new ReadableStream({
      pull(controller) {
        if (parts++ < 4) controller.enqueue(new TextEncoder().encode('part'));
        else controller.error(new Error('secret'));
      },
    });
  };
  const server = await serve(() => new Response(body()), { onError: (error) => errors.push(error) });
  await expect(ask(server)).rejects.toThrow(/aborted|hang up/);
  expect(errors).toEqual([new Error('secret')]);
});

test('a client that leaves aborts its request', async () => {
  let begun = () => undefined as void;
  const asked = new Promise<void>((resolve) => (begun = resolve));
  let left = () => undefined as void;
  const gone = new Promise<void>((resolve) => (left = resolve));
  const server = await serve(async ({ signal }) => {
    signal.addEventListener('abort', left);
    begun();
    await gone;
    return hello();
  });
  const leaving = new AbortController();
  const answer = fetch(server.url, { method: 'POST', body: '{}', signal: leaving.signal });
  await asked;
  leaving.abort();
  await expect(answer).rejects.toThrow();
  await gone;
});

test('closing lets an answer be finished, and accepts nothing more', async () => {
  let finish = () => undefined as void;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  let begun = () => undefined as void;
  const asked = new Promise<void>((resolve) => (begun = resolve));
  const server = await serve(async () => {
    begun();
    await finished;
    return hello();
  });
  const answer = fetch(server.url);
  await asked;
  const closed = server.close({ within: 60_000 });
  await expect(fetch(server.url)).rejects.toThrow();
  finish();
  expect(await (await answer).text()).toBe('hello');
  await closed;
  expect(server.connections).toBe(0);
});

test('closing cancels what takes longer than it may', async () => {
  let aborted = false;
  let begun = () => undefined as void;
  const asked = new Promise<void>((resolve) => (begun = resolve));
  const server = await serve(({ signal }) => {
    begun();
    return new Promise((resolve) =>
      signal.addEventListener('abort', () => ((aborted = true), resolve(hello()))),
    );
  });
  const answer = fetch(server.url).catch((error: Error) => error);
  await asked;
  const patient = server.close({ within: 60_000 });
  await server.close({ within: 5 });
  await patient;
  expect(await answer).toMatchObject({ message: 'fetch failed' });
  expect(aborted).toBe(true);
});

test('headers that come slowly, or in floods, end the connection', async () => {
  const hasty = await serve(hello, { headersTimeout: 50, requestTimeout: 60 });
  expect(await converse(hasty, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-')).toMatch(/^HTTP\/1.1 408/);
  const server = await serve(hello);
  expect(
    await converse(server, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`),
  ).toMatch(/^HTTP\/1.1 431/);
  expect(await converse(server, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
});

test('a client that reads nothing is left, one that waits is not', async () => {
  let cancelled = () => undefined as void;
  const left = new Promise<void>((resolve) => (cancelled = resolve));
  const endless = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1 << 16)),
      cancel: () => cancelled(),
    });
  const server = await serve(() => new Response(endless()), { idleTimeout: 50 });
  const socket = connect(server.port, '127.0.0.1').pause();
  socket.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await left;
  socket.destroy();
});

test('connections beyond the limit are closed', async () => {
  const server = await serve(hello, { maxConnections: 1 });
  const first = connect(server.port, '127.0.0.1');
  await once(first, 'connect');
  expect(await converse(server, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')).toBe('');
  first.destroy();
});
