import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TINY } from '../testing/run-attune.js';

const TOKEN = 'hf_token_of_a_test';

/** A hub that has nothing: what it does with more is tested in `@attune/hub`. */
let hub: Server;
let asked: string[];
let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-push-'));
  hub = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
  });
  await new Promise<void>((done) => hub.listen(0, '127.0.0.1', done));
  const { code } = await runAttune(['pretrain', ...TINY, '--out', at('run')]);
  expect(code).toBe(0);
});
beforeEach(() => void (asked = []));
afterAll(async () => {
  hub.closeAllConnections();
  await new Promise((done) => hub.close(done));
  await rm(folder, { recursive: true });
});

const push = (args: readonly string[], env = {}) =>
  runAttune(['push', ...args], {
    env: {
      HF_ENDPOINT: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
      HF_TOKEN: TOKEN,
      ...env,
    },
  });

test('a dry run shows what of a finished run goes up, and its card; it makes nothing', async () => {
  const { code, stdout, stderr } = await push([at('run'), 'me/tiny', '--dry-run', '--license', 'mit']);
  expect([code, stderr]).toEqual([0, '']);
  for (const name of ['config.json', 'model.safetensors', 'README.md']) {
    expect(stdout).toMatch(new RegExp(`^ +${name} .* new$`, 'm'));
  }
  expect(stdout).toContain('license: "mit"');
  expect(stdout).toContain('attune pretrain --batch-size 2');
  expect(stdout).not.toMatch(/checkpoints|metrics\.jsonl/);
  expect(stdout).not.toContain(folder);
  expect(stdout).not.toContain(TOKEN);
  expect(new Set(asked.map((line) => line.split(' ')[0]))).toEqual(new Set(['GET']));
});

test('programs get the same, as JSON', async () => {
  const { stdout } = await push([at('run', 'final'), 'me/tiny', '--dry-run', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    name: 'me/tiny',
    isNew: true,
    files: expect.arrayContaining([expect.objectContaining({ path: 'README.md', state: 'new' })]),
    // The run is found from the folder of its finished model.
    card: expect.stringContaining('## Losses'),
  });
});

test('a README.md of the folder goes up as it is', async () => {
  await mkdir(at('model'));
  await writeFile(at('model', 'config.json'), '{}');
  await writeFile(at('model', 'README.md'), '# mine\n');
  const { stdout } = await push([at('model'), 'me/tiny', '--dry-run', '--json']);
  expect(JSON.parse(stdout)).not.toHaveProperty('card');
});

test('a configuration that tells of the home folder is pointed out', async () => {
  await mkdir(at('told'));
  await writeFile(at('told', 'config.json'), '{"_name_or_path":"/home/ann/base"}');
  const { stderr } = await push([at('told'), 'me/tiny', '--dry-run'], { HOME: '/home/ann' });
  expect(stderr).toBe('warning: config.json names a path in your home folder.\n');
});

test.each([
  ['a folder that is not there', ['none', 'me/tiny'], {}, /no folder none/],
  ['a name without an owner', ['RUN', 'tiny'], {}, /cannot be the name of a model/],
  ['a licence that is none', ['RUN', 'me/tiny', '--license', 'MIT License'], {}, /no id of a licence/],
  ['no token', ['RUN', 'me/tiny'], { HF_TOKEN: '', HF_HOME: '/nowhere' }, /needs a token/],
  ['files that are not there', ['RUN', 'me/tiny', '--include', 'x.txt'], {}, /--include "x\.txt"/],
  ['a run that is none', ['RUN', 'me/tiny', '--run', 'none'], {}, /not the folder of a run/],
])('%s is refused', async (_, args, env, message) => {
  const { code, stderr } = await push(
    args.map((arg) => (arg === 'RUN' ? at('run') : arg)),
    env,
  );
  expect(code).not.toBe(0);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain(TOKEN);
});
