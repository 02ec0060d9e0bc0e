import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtWithCuda } from './cuda-build.js';
import { findDriver } from './driver.js';
import { locate, PACKAGE } from './locate.js';
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
  const [prepared, project] = [join(root, 'prepared'), join(root, 'project')];
  const folder = install(prepared, '4.22.0');
  install(project, '4.21.0');
  const places = { env: { ATTUNE_CUDA_DIR: prepared }, cwd: project };
  // Half of one does not count: the manifest is written last.
  expect(locate(places)).toMatchObject({ version: '4.21.0', folder: join(project, 'node_modules', PACKAGE) });
  writeFileSync(join(prepared, MANIFEST), JSON.stringify(manifest));
  expect(locate(places)).toMatchObject({
    folder,
    version: '4.22.0',
    entry: join(folder, 'dist', 'index.js'),
    addon: join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'),
    libraries: join(prepared, 'libtensorflow', 'tensorflow'),
    prepared: { tensorflow: '2.21.0' },
  });
});

test('the package of a folder above the user’s is found, as Node would', () => {
  const folder = install(root, '4.22.0');
  const cwd = join(root, 'a', 'b');
  mkdirSync(cwd, { recursive: true });
  expect(locate({ env: {}, cwd, home: root })).toMatchObject({
    folder,
    libraries: join(folder, 'deps', 'lib'),
  });
});

test('without any there is none', () => {
  expect(locate({ env: {}, cwd: root, home: root })).toBeUndefined();
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
