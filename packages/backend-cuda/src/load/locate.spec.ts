import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtWithCuda } from './cuda-build.js';
import { findDriver } from './driver.js';
import { packageMissing } from './load-failure.js';
import { locate } from './locate.js';
import { PACKAGE } from './package.js';
import { MANIFEST, preparedFolder, readManifest } from './prepared-folder.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'attune-cuda-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function install(folder: string, version: string): string {
  const at = join(folder, 'node_modules', PACKAGE);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'package.json'), JSON.stringify({ version, main: 'dist/index.js' }));
  return at;
}

const manifest = {
  tfjsNode: '4.22.0',
  tensorflow: '2.21.0',
  libraries: 'libtensorflow/tensorflow',
  source: 'w',
};

test('a prepared folder comes first, and its libraries are seen from it', () => {
  const [prepared, installation] = [join(root, 'prepared'), join(root, 'installation')];
  const folder = install(prepared, '4.22.0');
  install(installation, '4.21.0');
  const places = { env: { ATTUNE_CUDA_DIR: prepared }, installation };
  // Half of one does not count: the manifest is written last.
  const own = { version: '4.21.0', folder: join(installation, 'node_modules', PACKAGE) };
  expect(locate(places)).toMatchObject(own);
  writeFileSync(join(prepared, MANIFEST), JSON.stringify(manifest));
  expect(locate(places)).toMatchObject({
    folder,
    version: '4.22.0',
    entry: join(folder, 'dist', 'index.js'),
    addon: join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'),
    libraries: join(prepared, 'libtensorflow', 'tensorflow'),
    prepared: { tensorflow: '2.21.0' },
  });
  // Nor one that others may have filled, or that is another one elsewhere.
  chmodSync(root, 0o755);
  chmodSync(folder, 0o777);
  expect(locate(places)).toMatchObject(own);
  expect(packageMissing(places.env)).toMatchObject({
    reason: expect.stringContaining(`other users may write to ${folder} (mode 777)`),
    fix: expect.stringMatching(/chmod.*attune setup cuda/),
  });
  chmodSync(folder, 0o755);
  expect(locate(places)).toMatchObject({ prepared: {} });
  const relativeFolder = relative(process.cwd(), prepared);
  expect(locate({ ...places, env: { ATTUNE_CUDA_DIR: relativeFolder } })).toMatchObject(own);
});

test('the package installed beside this one is found, as Node would, and none of the current folder', () => {
  const folder = install(root, '4.22.0');
  const installation = join(root, 'a', 'b');
  mkdirSync(installation, { recursive: true });
  expect(locate({ env: {}, installation, home: root })).toMatchObject({
    folder,
    libraries: join(folder, 'deps', 'lib'),
  });
  const before = process.cwd();
  process.chdir(root);
  try {
    expect(locate({ env: {}, home: root })?.folder).not.toBe(folder);
  } finally {
    process.chdir(before);
  }
});

test('the package of a folder that was named comes before any other', () => {
  const folder = install(join(root, 'project'), '4.22.0');
  install(join(root, 'installation'), '4.21.0');
  const address = pathToFileURL(join(folder, 'dist', 'index.js')).href;
  const places = { env: {}, home: root, installation: join(root, 'installation') };
  expect(locate({ ...places, resolvePeer: () => address })).toMatchObject({ folder, version: '4.22.0' });
  expect(locate({ ...places, resolvePeer: () => undefined })).toMatchObject({ version: '4.21.0' });
});

test('without any there is none', () => {
  expect(locate({ env: {}, installation: root, home: root })).toBeUndefined();
});

test('a manifest that is none is as if there were none', () => {
  for (const text of ['', '[]', '{"tfjsNode":"4.22.0"}']) {
    writeFileSync(join(root, MANIFEST), text);
    expect(readManifest(root)).toBeUndefined();
  }
});

test('the folder is that of ATTUNE_CUDA_DIR, else among the user’s data', () => {
  expect(preparedFolder({ ATTUNE_CUDA_DIR: '/opt/cuda' }, '/home/me')).toBe('/opt/cuda');
  expect(preparedFolder({ XDG_DATA_HOME: '/data' }, '/home/me')).toBe(join('/data', 'attune', 'cuda'));
});

test('a TensorFlow with CUDA is told by what its libraries mention, wherever in them', async () => {
  expect(await builtWithCuda(join(root, 'nowhere'))).toBeUndefined();
  writeFileSync(join(root, 'libtensorflow_framework.so.2'), 'cuda_blas_lt_interface');
  expect(await builtWithCuda(root)).toBe(false);
  const chunk = 2 ** 22;
  writeFileSync(join(root, 'libtensorflow_cc.so.2'), `${' '.repeat(chunk - 4)}cudnnCreate${' '.repeat(100)}`);
  expect(await builtWithCuda(root)).toBe(true);
});

describe('the driver', () => {
  const files = (contents: Readonly<Record<string, string>>) => ({
    exists: (path: string) => path in contents,
    read: (path: string) => contents[path],
  });
  const proc = '/proc/driver/nvidia/version';

  test.each([
    [{}, undefined],
    [
      { [proc]: 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n' },
      { version: '550.54.15' },
    ],
    [
      { [proc]: 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86  Release Build\n' },
      { version: '570.86' },
    ],
    [{ '/dev/nvidiactl': '' }, {}],
    [{ '/usr/lib/wsl/lib/libcuda.so.1': '' }, {}],
  ])('of %j', (contents, expected) => {
    expect(findDriver(files(contents as Record<string, string>))).toEqual(expected);
  });
});
