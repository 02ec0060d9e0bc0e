import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
