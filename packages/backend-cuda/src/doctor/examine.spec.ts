import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Located } from '../load/locate.js';
import { findingsOf, type Machine } from './examine.js';
import { findLibraries } from './libraries.js';
import { missingIn, noticesOf, probe } from './probe.js';

const located: Located = {
  folder: '/cuda/node_modules/p',
  entry: '/cuda/node_modules/p/dist/index.js',
  version: '4.22.0',
  addon: '/cuda/node_modules/p/lib/napi-v8/tfjs_binding.node',
  libraries: '/cuda/lib',
};

const library = (soname: string, linked = true) => ({ soname, path: `/usr/lib/${soname}`, linked });

const working: Machine = {
  driver: { version: '550.54.15' },
  gpus: [{ name: 'NVIDIA T4', memoryBytes: 15360 * 2 ** 20 }],
  libraries: [library('libcudart.so.12'), library('libcudnn.so.9')],
  located,
  addonExists: true,
  env: {},
  napi: 9,
  node: 'v22.1.0',
  report: {
    probe: { loaded: true, tensorflow: '2.21.0', gpu: true, matmul: { size: 4096, flops: 8.1e12 } },
    notices: [],
    missing: [],
  },
};

const find = (machine: Partial<Machine>, name: string) =>
  findingsOf({ ...working, ...machine }).find((finding) => finding.name === name);

test('a machine on which all is well', () => {
  const findings = findingsOf(working);
  expect(findings.every(({ ok, fix }) => ok && fix === undefined)).toBe(true);
  expect(Object.fromEntries(findings.map(({ name, text }) => [name, text]))).toEqual({
    driver: 'NVIDIA 550.54.15: NVIDIA T4, 15 GiB',
    libraries: 'libcudart.so.12, libcudnn.so.9',
    node: 'v22.1.0, Node-API 9',
    package: '@tensorflow/tfjs-node-gpu 4.22.0 in /cuda/node_modules/p',
    addon: located.addon,
    tensorflow: '2.21.0, on the GPU',
    matmul: '8100 GFLOP/s in float32 (4096³)',
  });
});

describe('each thing that is wrong comes with its fix', () => {
  const onCpu = (notices: readonly string[], missing: readonly string[] = []): Machine['report'] => ({
    probe: { loaded: true, tensorflow: '2.21.0', gpu: false, matmul: { size: 1024, flops: 1e11 } },
    notices,
    missing,
  });
  const all = ['cudart.so.12', 'cublas.so.12', 'cublasLt.so.12', 'cufft.so.11', 'cusolver.so.11']
    .concat('cusparse.so.12', 'cudnn.so.9')
    .map((name) => library(`lib${name}`));

  test('the driver', () => {
    expect(find({ driver: undefined }, 'driver')).toMatchObject({
      ok: false,
      fix: expect.stringMatching(/--gpus all/),
    });
  });

  test('libraries that are there, but unknown to the dynamic linker', () => {
    const libraries = [library('libcudart.so.12', false)];
    expect(find({ libraries, report: onCpu([]) }, 'libraries')).toMatchObject({
      ok: false,
      fix: 'export LD_LIBRARY_PATH=/usr/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}',
    });
  });

  test('libraries that are nowhere', () => {
    expect(find({ libraries: [], report: onCpu([]) }, 'libraries')).toMatchObject({
      ok: false,
      text: 'no CUDA library found',
      fix: expect.stringContaining("pip install --target tf 'tensorflow[and-cuda]'"),
    });
  });

  test('libraries of which some are there: the driver brings one of them itself', () => {
    expect(find({ libraries: all, report: onCpu([]) }, 'libraries')).toMatchObject({ ok: true });
    expect(find({ libraries: [library('libcuda.so.1'), ...all.slice(0, -1)] }, 'libraries')).toMatchObject({
      ok: true,
    });
    const libraries = [library('libcuda.so.1'), ...all.slice(0, -1)];
    expect(find({ libraries, report: onCpu([]) }, 'libraries')).toMatchObject({
      ok: false,
      text: expect.stringMatching(/^libcuda\.so\.1, .*; without libcudnn$/),
      fix: expect.stringMatching(/^Install the CUDA and cuDNN libraries/),
    });
  });

  test('libraries of another version than TensorFlow asks for, by name', () => {
    const report = onCpu([], ['libcudnn.so.8', 'libnvinfer.so.7']);
    expect(find({ libraries: all, report }, 'libraries')).toMatchObject({
      ok: false,
      text: expect.stringMatching(/libcudnn\.so\.9; TensorFlow did not find libcudnn\.so\.8$/),
      fix: expect.stringMatching(/^Install the CUDA and cuDNN libraries/),
    });
  });

  test('a library that TensorFlow asks for by its minor version', () => {
    const libraries = [library('libcudart.so.11', false)];
    expect(find({ libraries, report: onCpu([], ['libcudart.so.11.0']) }, 'libraries')).toMatchObject({
      fix: expect.stringMatching(/^export LD_LIBRARY_PATH=/),
    });
  });

  test('Node', () => {
    expect(find({ napi: 7 }, 'node')).toMatchObject({ ok: false, fix: 'Use Node 20 or later.' });
  });

  test('the package, and the addon: nothing else is looked for then', () => {
    const names = (machine: Partial<Machine>) =>
      findingsOf({ ...working, ...machine, report: undefined } as Machine).map(({ name }) => name);
    expect(names({ located: undefined })).toEqual(['driver', 'libraries', 'node', 'package']);
    expect(names({ addonExists: false })).toEqual(['driver', 'libraries', 'node', 'package', 'addon']);
    expect(find({ addonExists: false }, 'addon')).toMatchObject({
      ok: false,
      fix: expect.stringMatching(/^Build one: attune setup cuda/),
    });
  });

  test('TensorFlow without a GPU: what it says itself', () => {
    const report = onCpu(['failed call to cuInit: CUDA_ERROR_NO_DEVICE']);
    expect(find({ report }, 'tensorflow')).toMatchObject({
      ok: false,
      text: '2.21.0, sees no GPU. It says: failed call to cuInit: CUDA_ERROR_NO_DEVICE',
    });
    expect(find({ report }, 'matmul')).toMatchObject({
      ok: false,
      text: expect.stringMatching(/, on the CPU$/),
    });
  });

  test('TensorFlow that was built for the CPU', () => {
    expect(find({ report: onCpu([]), cuda: false }, 'tensorflow')).toMatchObject({
      ok: false,
      text: '2.21.0, built for the CPU',
      fix: expect.stringContaining("pip install --target tf 'tensorflow[and-cuda]'"),
    });
  });

  test('TensorFlow that does not load', () => {
    const report = {
      probe: { loaded: false, reason: 'x is missing', fix: 'Install x.' },
      notices: [],
      missing: [],
    } as const;
    expect(find({ report }, 'tensorflow')).toEqual({
      name: 'tensorflow',
      ok: false,
      text: 'x is missing',
      fix: 'Install x.',
    });
  });
});

test('of TensorFlow’s log, the lines on GPUs are kept, once each, and the libraries it did not find', () => {
  const log = [
    'I0000 00:00:1795489756.222476   28270 port.cc:153] oneDNN custom operations are on.',
    'W0000 00:00:1795489756.3 28270 gpu_device.cc:2342] Cannot dlopen some GPU libraries.',
    "2025-01-01 10:00:00.123456: W tensorflow/stream_executor/dso_loader.cc:64] Could not load dynamic library 'libcudart.so.11.0'; dlerror: libcudart.so.11.0: cannot open shared object file",
    'I0000 00:00:1795489756.4 28270 dso_loader.cc:70] Successfully opened dynamic library libcuda.so.1',
    '2025-01-01 10:00:00.123456: E tensorflow/stream_executor/cuda_driver.cc:271] failed call to cuInit: UNKNOWN',
    'W0000 00:00:1795489757.3 28270 gpu_device.cc:2342] Cannot dlopen some GPU libraries.',
    'some other line',
  ].join('\n');
  expect(noticesOf(log)).toEqual(['Cannot dlopen some GPU libraries.', 'failed call to cuInit: UNKNOWN']);
  expect(missingIn(log)).toEqual(['libcudart.so.11.0']);
});

test('a process that dies is a finding', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'attune-probe-'));
  const file = join(folder, 'probe.mjs');
  writeFileSync(file, 'console.error("illegal instruction"); process.exit(7);');
  const { probe: found } = await probe(undefined, new URL(`file://${file}`));
  expect(found).toEqual({
    loaded: false,
    reason: 'the process that loaded TensorFlow ended with code 7: illegal instruction',
  });
  rmSync(folder, { recursive: true });
});

test('libraries are found on LD_LIBRARY_PATH, by the linker, and beside TensorFlow', () => {
  const root = mkdtempSync(join(tmpdir(), 'attune-libraries-'));
  const put = (path: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), '');
  };
  put('path/libcudnn.so.9.3.0');
  put('site/nvidia/cublas/lib/libcublas.so.12');
  put('site/nvidia/cublas/lib/libother.so.1');
  const cache = '\tlibcudart.so.12 (libc6,x86-64) => /usr/lib/libcudart.so.12\n';
  const places = {
    env: { LD_LIBRARY_PATH: join(root, 'path') },
    tensorflow: join(root, 'site/tensorflow'),
    cache,
  };
  const found = findLibraries(places).filter(
    ({ path }) => path.startsWith(root) || path.startsWith('/usr/lib/'),
  );
  expect(found).toEqual([
    { soname: 'libcublas.so.12', path: join(root, 'site/nvidia/cublas/lib/libcublas.so.12'), linked: false },
    { soname: 'libcudart.so.12', path: '/usr/lib/libcudart.so.12', linked: true },
    { soname: 'libcudnn.so.9', path: join(root, 'path/libcudnn.so.9.3.0'), linked: true },
  ]);
  rmSync(root, { recursive: true });
});
