import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stepCache } from './step-cache.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'attune-steps-'))));
afterEach(() => rm(folder, { recursive: true }));

const STEP = { stepMs: 12.5, steps: 20 };
const cache = () => stepCache({ env: { XDG_CACHE_HOME: folder } });
const path = () => join(folder, 'attune', 'plan');

test('a time is found again, and another key is not', async () => {
  await cache().put('a', STEP);
  expect(await cache().get('a')).toEqual({ ...STEP, measuredAt: expect.any(String) });
  expect(await cache().get('b')).toBeUndefined();
  expect(await cache().get('constructor')).toBeUndefined();
});

test('the newest two hundred are kept', async () => {
  for (let i = 0; i < 202; i++) await cache().put(`key ${i}`, STEP);
  expect(await cache().get('key 1')).toBeUndefined();
  expect(await cache().get('key 2')).toBeDefined();
  expect(await cache().get('key 201')).toBeDefined();
});

test.each([
  ['no JSON', '{'],
  ['another format', '{"format":2,"entries":{}}'],
  ['a time that is none', '{"format":1,"entries":{"a":{"stepMs":-1,"steps":1,"measuredAt":"x"}}}'],
])('a file with %s counts as none, and is replaced', async (_, text) => {
  await cache().put('a', STEP);
  await writeFile(join(path(), 'steps.json'), text);
  expect(await cache().get('a')).toBeUndefined();
  await cache().put('b', STEP);
  expect(await cache().get('b')).toMatchObject(STEP);
});

// Windows has no such permissions.
const onUnix = process.getuid ? test : test.skip;

onUnix('a folder that others may write to is not believed, nor written to', async () => {
  await cache().put('a', STEP);
  await chmod(path(), 0o777);
  expect(await cache().get('a')).toBeUndefined();
  const before = await readFile(join(path(), 'steps.json'), 'utf8');
  await cache().put('b', STEP);
  expect(await readFile(join(path(), 'steps.json'), 'utf8')).toBe(before);
});

onUnix('a link in place of the folder is not followed', async () => {
  await cache().put('a', STEP);
  const other = await mkdtemp(join(tmpdir(), 'attune-steps-'));
  await rm(path(), { recursive: true });
  await symlink(other, path());
  await cache().put('a', STEP);
  expect(await cache().get('a')).toBeUndefined();
  await rm(other, { recursive: true });
});

test('where nothing can be written, nothing fails', async () => {
  await writeFile(join(folder, 'attune'), 'a file');
  await cache().put('a', STEP);
  expect(await cache().get('a')).toBeUndefined();
});
