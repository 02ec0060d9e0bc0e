import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runAttune, TINY } from '../../testing/run-attune.js';

const attune = fileURLToPath(new URL('../../../bin/attune.js', import.meta.url));
const started: ChildProcess[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-serve-'));
  // A context in which an answer may be long.
  const size = ['--block-size', '256', '--backend', 'wasm', '--max-iters', '1', '--eval-interval', '0'];
  const trained = await runAttune(['pretrain', ...TINY, ...size, '--out', join(folder, 'tales')]);
  expect(trained.code).toBe(0);
});
afterEach(() => started.splice(0).forEach((server) => server.kill('SIGKILL')));
afterAll(() => rm(folder, { recursive: true }));

/** Starts a server as a process of its own, and waits until it is ready. */
async function start(port: number) {
  const flags = ['--backend', 'reference', '--json', '--port', String(port)];
  const server = spawn(process.execPath, [attune, 'serve', join(folder, 'tales'), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(server);
  for await (const line of createInterface({ input: server.stdout })) {
    const { event, url, models } = JSON.parse(line);
    if (event === 'ready') return { server, url: url as string, port: Number(new URL(url).port), models };
  }
  throw new Error('The server ended.');
}

const ask = (url: string, more: object) =>
  fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tales', prompt: 'the', max_tokens: 4, ...more }),
  });

test('killed in the middle of an answer and started again on its port, it answers at once; Ctrl-C ends it', async () => {
  const first = await start(0);
  expect(first.models).toEqual(['tales']);
  // Thousands of tokens: far from its end when the first of them is here.
  const reader = (await ask(first.url, { n: 32, max_tokens: 250, stream: true })).body!.getReader();
  await reader.read();
  first.server.kill('SIGKILL');
  await expect(
    (async () => {
      while (!(await reader.read()).done);
    })(),
  ).rejects.toThrow();

  const second = await start(first.port);
  expect(second.url).toBe(first.url);
  expect((await ask(second.url, {})).status).toBe(200);
  const ended = once(second.server, 'exit');
  second.server.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  await expect(ask(second.url, {})).rejects.toThrow();
});

test.each([
  ['other machines reach it, and it has no key', ['--host', '0.0.0.0'], 'ATTUNE_API_KEY'],
  [
    'an adapter is named as the model is',
    ['--adapter', 'tales=x'],
    'Two of the models served are called tales',
  ],
  ['an adapter has no folder', ['--adapter', 'own='], '--adapter takes name=dir, but is own='],
])('does not start where %s', async (_, flags, message) => {
  const { code, stderr, stdout } = await runAttune(['serve', join(folder, 'tales'), ...flags, '--port', '0']);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

test('does not start with a key that is easily guessed', async () => {
  const { code, stderr } = await runAttune(['serve', folder, '--port', '0'], {
    env: { ATTUNE_API_KEY: 'short' },
  });
  expect(code).toBe(2);
  expect(stderr).toContain('shorter than 16 characters');
  expect(stderr).not.toContain('short\n');
});
