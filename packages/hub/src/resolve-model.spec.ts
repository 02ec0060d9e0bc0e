import { existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveModel } from './resolve-model.js';
import { gitSha1, sha256 } from './testing/mock-hub.js';
import { COMMIT, createScene, NEEDED, tinyModel, WEIGHTS, type Scene } from './testing/setup.js';

let scene: Scene;
beforeEach(async () => {
  scene = await createScene();
});
afterEach(() => scene.end());

test('a folder is used as it is, and nobody is asked', async () => {
  const { path, source, hub } = await scene.resolve({}, scene.cacheDir);
  expect({ path, source, hub }).toEqual({ path: scene.cacheDir, source: 'folder', hub: undefined });
  expect(scene.hub.requests).toEqual([]);
});

test('a model of the hub becomes a snapshot in the layout that Hugging Face shares', async () => {
  const { path, source, hub } = await scene.resolve();
  expect(path).toBe(join(scene.folder, 'snapshots', COMMIT));
  expect({ source, hub }).toEqual({
    source: 'hub',
    hub: { name: 'org/tiny', revision: 'main', commit: COMMIT },
  });
  expect(await scene.list(`snapshots/${COMMIT}`)).toEqual(NEEDED);
  expect(await readFile(join(scene.folder, 'refs/main'), 'utf8')).toBe(COMMIT);
  expect(await readlink(join(path, 'model.safetensors'))).toBe(`../../blobs/${sha256(WEIGHTS)}`);
  const config = await readFile(join(path, 'config.json'));
  expect(await readlink(join(path, 'config.json'))).toBe(`../../blobs/${gitSha1(config)}`);
  expect(sha256(await readFile(join(path, 'model.safetensors')))).toBe(sha256(WEIGHTS));
  expect((await scene.list('blobs')).filter((name) => name.includes('incomplete'))).toEqual([]);
});

test('a second time, nothing is downloaded again', async () => {
  const first = await scene.resolve();
  scene.hub.requests.length = 0;
  expect(await scene.resolve()).toEqual(first);
  expect(scene.hub.requests.map(({ url }) => url.split('?')[0])).toEqual([
    '/api/models/org/tiny/revision/main',
    `/api/models/org/tiny/tree/${COMMIT}`,
  ]);
});

test('a new commit shares the blobs that did not change', async () => {
  await scene.resolve();
  const commit = 'f'.repeat(40);
  const files = { ...tinyModel().files, 'config.json': '{"model_type":"llama"}' };
  scene.hub.repositories.set('org/tiny', { commit, files });
  const { path } = await scene.resolve();
  expect(path).toBe(join(scene.folder, 'snapshots', commit));
  expect(scene.hub.downloadsOf('model.safetensors')).toHaveLength(1);
  expect(await scene.list('snapshots')).toEqual([COMMIT, commit]);
});

test.each([
  ['a tag behind the id', 'org/tiny@v1.0', undefined, 'v1.0'],
  ['a branch as an option', 'org/tiny', 'refs/pr/1', 'refs/pr/1'],
  ['a commit, which needs no ref', `hf://org/tiny@${COMMIT}`, undefined, COMMIT],
])('%s', async (_, id, revision, wanted) => {
  scene.hub.repositories.set('org/tiny', tinyModel({ revisions: ['v1.0', 'refs/pr/1'] }));
  const { hub } = await scene.resolve({ revision }, id);
  expect(hub).toEqual({ name: 'org/tiny', revision: wanted, commit: COMMIT });
  const ref = await readFile(join(scene.folder, 'refs', wanted), 'utf8').catch(() => undefined);
  expect(ref).toBe(wanted === COMMIT ? undefined : COMMIT);
});

test('progress goes up to all there is', async () => {
  await scene.resolve();
  const progress = scene.events.flatMap((event) => (event.kind === 'progress' ? [event] : []));
  const totals = progress.map(({ totalLoaded }) => totalLoaded);
  expect(totals).toEqual([...totals].sort((a, b) => a - b));
  const { totalLoaded, totalSize } = progress.at(-1)!;
  expect(totalLoaded).toBe(totalSize);
  expect(new Set(progress.map(({ file }) => file))).toEqual(new Set(NEEDED));
});

test('of sharded weights, those that the index names are fetched, page by page', async () => {
  scene.hub.pageSize = 2;
  const { 'model.safetensors': _, ...others } = tinyModel().files;
  const index = { weight_map: { a: 'model-1-of-2.safetensors', b: 'model-2-of-2.safetensors' } };
  scene.hub.repositories.set('org/tiny', {
    commit: COMMIT,
    files: {
      ...others,
      'model.safetensors.index.json': JSON.stringify(index),
      'model-1-of-2.safetensors': 'one',
      'model-2-of-2.safetensors': 'two',
      'consolidated.safetensors': 'the same once more',
    },
  });
  const { path } = await scene.resolve();
  expect(await scene.list(`snapshots/${COMMIT}`)).toEqual(
    expect.arrayContaining(['model-1-of-2.safetensors', 'model-2-of-2.safetensors', 'config.json']),
  );
  expect(scene.hub.downloadsOf('consolidated.safetensors')).toEqual([]);
  expect(await scene.resolve({ offline: true })).toMatchObject({ path, source: 'cache' });
  await rm(join(path, 'model-2-of-2.safetensors'));
  await expect(scene.resolve({ offline: true })).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
});

test('an adapter is fetched as well', async () => {
  const files = { 'adapter_config.json': '{}', 'adapter_model.safetensors': 'ab', 'adapter_model.bin': 'x' };
  scene.hub.repositories.set('org/tiny', { commit: COMMIT, files });
  await scene.resolve();
  expect(await scene.list(`snapshots/${COMMIT}`)).toEqual([
    'adapter_config.json',
    'adapter_model.safetensors',
  ]);
});

test('where links are not wanted, or not possible, snapshots have copies', async () => {
  const { path } = await scene.resolve({ env: { HF_HUB_DISABLE_SYMLINKS: '1' } });
  const file = await lstat(join(path, 'model.safetensors'));
  expect({ isFile: file.isFile(), size: file.size }).toEqual({ isFile: true, size: WEIGHTS.length });
  expect(await scene.list(`snapshots/${COMMIT}`)).toEqual(NEEDED);
});

/** Writes a cache as Python's huggingface_hub does, with links. */
async function writeAsPython(folder: string): Promise<string> {
  const snapshot = join(folder, 'snapshots', COMMIT);
  for (const name of ['blobs', 'refs', `snapshots/${COMMIT}`])
    await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'refs/main'), COMMIT);
  for (const [name, content] of Object.entries(tinyModel().files)) {
    if (!NEEDED.includes(name)) continue;
    const bytes = Buffer.from(content);
    const etag = name.endsWith('.safetensors') ? sha256(bytes) : gitSha1(bytes);
    await writeFile(join(folder, 'blobs', etag), bytes);
    await symlink(`../../blobs/${etag}`, join(snapshot, name));
  }
  return snapshot;
}

test('a cache that Python wrote is read, with and without network', async () => {
  const snapshot = await writeAsPython(scene.folder);
  expect(await scene.resolve({ offline: true })).toMatchObject({ path: snapshot, source: 'cache' });
  expect(scene.hub.requests).toEqual([]);
  expect(await scene.resolve()).toMatchObject({ path: snapshot, source: 'hub' });
  expect(scene.hub.downloadsOf('model.safetensors')).toEqual([]);
});

test('a blob that a crash left short is fetched again', async () => {
  const snapshot = await writeAsPython(scene.folder);
  await writeFile(join(scene.folder, 'blobs', sha256(WEIGHTS)), 'short');
  await scene.resolve();
  expect(sha256(await readFile(join(snapshot, 'model.safetensors')))).toBe(sha256(WEIGHTS));
});

describe('without network', () => {
  test('what was fetched before is used, and that is said', async () => {
    const { path } = await scene.resolve();
    await scene.hub.close();
    const { source } = await scene.resolve();
    expect({ source, event: scene.events.at(-1) }).toMatchObject({
      source: 'cache',
      event: { kind: 'cached', commit: COMMIT, reason: expect.stringContaining('cannot be reached') },
    });
    expect(await scene.resolve({ offline: true })).toMatchObject({ path, source: 'cache' });
  });

  test('what was not cannot be: the error says what to do', async () => {
    await scene.hub.close();
    await expect(scene.resolve()).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringMatching(/ECONNREFUSED.*name a folder/),
    });
    await expect(scene.resolve({ env: { HF_HUB_OFFLINE: '1' } })).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringMatching(/not in the cache.*HF_HUB_OFFLINE/),
    });
  });

  test('half of a model is not a model', async () => {
    const snapshot = await writeAsPython(scene.folder);
    await rm(join(snapshot, 'model.safetensors'));
    await expect(scene.resolve({ offline: true })).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
  });
});

describe('what looks like an id may be a path', () => {
  /** A folder of the one that the tests run in, which is that of the package or the root. */
  const HERE = existsSync('src') ? 'src' : 'packages';
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attune-hub-paths-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('a mistyped path is not asked of the hub', async () => {
    await expect(scene.resolve({}, join(folder, 'stroies'))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('organisation/model'),
    });
    await expect(scene.resolve({}, `${HERE}/nothing`)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(scene.resolve({}, 'tiny')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(scene.hub.requests).toEqual([]);
  });

  test.each(['runs/tiny', 'checkpoints/step-100', 'models/llama@main'])(
    'nor is %s, though there is no such folder either',
    async (path) => {
      await expect(scene.resolve({}, path)).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
        message: `There is no folder ${path}. Name a folder that holds a model. If the model ${path.split('@')[0]} of the hub is meant, write hf://${path}.`,
      });
      expect(scene.hub.requests).toEqual([]);
      scene.hub.repositories.set(path.split('@')[0]!, tinyModel());
      expect((await scene.resolve({}, `hf://${path}`)).source).toBe('hub');
    },
  );

  test('with hf:// in front, the hub is meant', async () => {
    scene.hub.repositories.set(`${HERE}/nothing`, tinyModel());
    expect((await scene.resolve({}, `hf://${HERE}/nothing`)).source).toBe('hub');
    await expect(scene.resolve({}, 'hf://../nothing')).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

test('an interruption before the start is one', async () => {
  const signal = AbortSignal.abort();
  await expect(resolveModel('org/tiny', { env: {}, signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
});
