import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TEXT, TINY } from '../../testing/run-attune.js';
import { serveAsHub, type TinyHub } from '../../testing/tiny-hub.js';

let folder: string;
let hub: TinyHub;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-cli-hub-'));
  await writeFile(join(folder, 'text.txt'), TEXT);
  await runAttune(['prepare', join(folder, 'text.txt'), '--out', join(folder, 'data')]);
  await pretrain('run');
  hub = await serveAsHub(join(folder, 'run/final'));
});
afterAll(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

const pretrain = (run: string, flags: readonly string[] = TINY) =>
  attune(['pretrain', '--data', join(folder, 'data'), '--out', join(folder, run), ...flags]);

const attune = (args: readonly string[], env: Record<string, string> = {}) =>
  runAttune(args, { env: { HF_HUB_CACHE: join(folder, 'cache'), HF_ENDPOINT: hub?.endpoint, ...env } });

const GENERATE = ['--prompt', 'the', '--max-new-tokens', '8', '--backend', 'reference', '--json'];
const offline = { HF_HUB_OFFLINE: '1' };

test('download puts a model of the hub into the cache, and prints where', async () => {
  const { code, stdout, stderr } = await attune(['download', 'org/tiny']);
  expect(code).toBe(0);
  expect(stdout).toBe(`${join(folder, 'cache/models--org--tiny/snapshots', hub.commit)}\n`);
  expect(stderr).toMatch(/^Fetching org\/tiny \([\d.]+ KiB\)\n/);
  expect(stderr).toMatch(/ {2}model\.safetensors \([\d.]+ KiB\)\n/);
  const cache = join(folder, 'other');
  const json = await attune(['download', 'org/tiny', '--revision', 'main', '--cache', cache, '--json']);
  expect(JSON.parse(json.stdout)).toEqual({
    path: join(cache, 'models--org--tiny/snapshots', hub.commit),
    name: 'org/tiny',
    revision: 'main',
    commit: hub.commit,
  });
});

test('--model takes a model of the hub, which writes what the folder does', async () => {
  const fetched = await attune(['generate', '--model', 'org/tiny', ...GENERATE]);
  const local = await attune(['generate', '--model', join(folder, 'run'), ...GENERATE]);
  expect(fetched).toEqual(local);
  expect(local.code).toBe(0);
  // What is in the cache is not fetched once more.
  expect(fetched.stderr).toBe('');
});

test('a run that begins with one knows which commit it was', async () => {
  const flags = TINY.filter((_, i) => !/--n-|--block/.test(TINY[i - (i % 2)]!));
  const { code, stderr } = await pretrain('tuned', [...flags, '--init-from', 'org/tiny']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(await readFile(join(folder, 'tuned/config.yaml'), 'utf8')).toContain(`org/tiny@${hub.commit}`);
  const verified = await attune(['verify', join(folder, 'tuned'), '--from', '0', '--steps', '1'], offline);
  expect(verified).toMatchObject({ code: 0 });
});

test.each([
  ['org/nothing', {}, 4, /HUB_NOT_FOUND.*no model org\/nothing/],
  ['org/nothing', offline, 3, /HUB_UNREACHABLE.*not in the cache/],
  ['runs', {}, 4, /FILE_NOT_FOUND.*organisation\/model/],
])('%s with %j: exit code %d', async (model, env, code, message) => {
  const finished = await attune(['generate', '--model', model, ...GENERATE], env as Record<string, string>);
  expect(finished).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
});

test('Ctrl-C ends a download', async () => {
  const { code, stderr } = await runAttune(['download', 'org/tiny'], {
    env: { HF_HUB_CACHE: join(folder, 'third'), HF_ENDPOINT: hub.endpoint },
    onInterrupt: (listener) => {
      listener('SIGINT');
      return () => undefined;
    },
  });
  expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining('run it again') });
});

test.each(['runs/tiny', 'checkpoints/step-100'])(
  '--model %s, where there is no such folder, is not asked of the hub',
  async (model) => {
    const before = hub.asked.length;
    const { code, stderr } = await attune(['generate', '--model', model, ...GENERATE]);
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining(`There is no folder ${model}.`),
    });
    expect(stderr).toContain(`write hf://${model}`);
    expect(hub.asked).toHaveLength(before);
  },
);

test('the token is in nothing that is written or printed', async () => {
  const HF_TOKEN = 'hf_thisIsTheSecret';
  const cache = join(folder, 'fifth');
  const flags = TINY.filter((_, i) => !/--n-|--block/.test(TINY[i - (i % 2)]!));
  const run = join(folder, 'secretive');
  const args = ['pretrain', '--data', join(folder, 'data'), '--out', run, ...flags];
  const finished = await attune([...args, '--init-from', 'org/tiny'], { HF_TOKEN, HF_HUB_CACHE: cache });
  expect(finished.code).toBe(0);
  expect(hub.tokens).toContain(`Bearer ${HF_TOKEN}`);
  expect(JSON.stringify(finished)).not.toContain(HF_TOKEN);
  let files = 0;
  for (const root of [run, cache]) {
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) continue;
      files++;
      expect((await readFile(join(entry.parentPath, entry.name))).includes(HF_TOKEN)).toBe(false);
    }
  }
  expect(files).toBeGreaterThan(10);
});

test('a hub that asks to wait is waited for, and stderr says so; for too long, it says for how long', async () => {
  const answers = [1, 9999];
  const server = createServer((_, response) => {
    response.writeHead(429, { 'retry-after': String(answers.shift()) }).end('\u001b[2J');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await attune(['download', 'org/tiny'], {
    HF_ENDPOINT: `http://127.0.0.1:${port}`,
    HF_HUB_CACHE: join(folder, 'fourth'),
  });
  server.close();
  expect(code).toBe(3);
  expect(stderr).toMatch(/asks to wait 1 s \(429\)\..* Trying again in 1 s\.\n/);
  expect(stderr).toMatch(/HUB_UNREACHABLE.*asks to wait 3 hours \(9999 s\)/);
});
