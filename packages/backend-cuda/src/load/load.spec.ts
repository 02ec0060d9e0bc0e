import { engine, KernelBackend } from '@tensorflow/tfjs-core';
import { noGpu } from './load-failure.js';
import { load, type Loader } from './load.js';
import type { Located } from './locate.js';
import { TFJS_BACKEND } from './tfjs-node.js';
import { restoreUtil } from './util-shims.js';

const located: Located = {
  folder: '/app/node_modules/@tensorflow/tfjs-node-gpu',
  entry: '/app/node_modules/@tensorflow/tfjs-node-gpu/dist/index.js',
  version: '4.22.0',
  addon: '/app/node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node',
  libraries: '/app/node_modules/@tensorflow/tfjs-node-gpu/deps/lib',
};

/** A loader whose import ends as given. */
function loaderOf(imported: () => unknown, found: Located | undefined = located): Loader {
  return { locate: () => found, import: async () => imported(), env: {} };
}

const failing = (error: unknown) =>
  loaderOf(() => {
    throw error;
  });

const dlopen = (message: string) => Object.assign(new Error(message), { code: 'ERR_DLOPEN_FAILED' });

/** Acts as the package does when it is imported: registers its backend, and makes it the current one. */
function installed(gpu: boolean): unknown {
  class FakeTensorflow extends KernelBackend {
    readonly binding = { TF_Version: '2.21.0' };
    readonly isUsingGpuDevice = gpu;
    override dispose() {}
  }
  const tf = engine();
  tf.registerBackend(TFJS_BACKEND, () => new FakeTensorflow());
  void tf.setBackend(TFJS_BACKEND);
  return { default: { engine: () => tf } };
}

describe('what can be wrong, and what to do about it', () => {
  test('the package is not there', async () => {
    const nothing: Loader = {
      locate: () => undefined,
      import: () => Promise.reject(new Error('no')),
      env: {},
    };
    const missing = Object.assign(
      new Error("Cannot find package '@tensorflow/tfjs-node-gpu' imported from /x"),
      {
        code: 'ERR_MODULE_NOT_FOUND',
      },
    );
    for (const loader of [nothing, failing(missing)]) {
      await expect(load({ tf32: false }, loader)).rejects.toMatchObject({
        kind: 'package',
        reason: 'the package @tensorflow/tfjs-node-gpu is not installed',
        fix: expect.stringMatching(/^Run: attune setup cuda --libtensorflow/),
      });
    }
  });

  test('the addon is not there: the advice is not to rebuild with npm', async () => {
    const text =
      'The Node.js native addon module (tfjs_binding.node) can not be found at path: /x/tfjs_binding.node. \n' +
      "Please run command 'npm rebuild @tensorflow/tfjs-node-gpu --build-addon-from-source'";
    await expect(load({ tf32: false }, failing(new Error(text)))).rejects.toMatchObject({
      kind: 'addon',
      reason: expect.stringContaining(located.addon),
      fix: expect.stringMatching(/attune setup cuda.*rebuild it with npm, removes the libraries/),
    });
  });

  test.each([
    [
      'libtensorflow.so.2: cannot open shared object file: No such file or directory',
      /library libtensorflow\.so\.2 is not where/,
      /Put it back, or prepare/,
    ],
    [
      'libtensorflow_cc.so.2: cannot open shared object file: No such file or directory',
      /library libtensorflow_cc\.so\.2 is not where/,
      /setup cuda .* --force/,
    ],
    [
      'libcudart.so.11.0: cannot open shared object file: No such file or directory',
      /library libcudart\.so\.11\.0, which TensorFlow needs/,
      /LD_LIBRARY_PATH/,
    ],
    [
      "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /tf/libtensorflow_cc.so.2)",
      /older than the libtensorflow: it lacks GLIBC_2\.38/,
      /older libtensorflow, or a newer system/,
    ],
    ['/x/tfjs_binding.node: invalid ELF header', /addon does not load: .*invalid ELF header/, /this machine/],
  ])('a library is not there: %s', async (message, reason, fix) => {
    await expect(load({ tf32: false }, failing(dlopen(message)))).rejects.toMatchObject({
      kind: 'library',
      reason: expect.stringMatching(reason),
      fix: expect.stringMatching(fix),
    });
  });

  test('there is no GPU: without a driver, with one, and with a TensorFlow that has no use for it', () => {
    expect(noGpu('2.21.0', undefined)).toMatchObject({
      kind: 'gpu',
      reason: 'TensorFlow 2.21.0 sees no GPU, and there is no NVIDIA driver here',
      fix: expect.stringMatching(/Install NVIDIA's driver.*--gpus all.*--allow-cpu/),
    });
    expect(noGpu('2.21.0', { version: '550.54.15' })).toMatchObject({
      reason: "TensorFlow 2.21.0 sees no GPU, though NVIDIA's driver 550.54.15 is there",
      fix: expect.stringMatching(/attune doctor.*--allow-cpu/),
    });
    expect(noGpu('2.21.0', {}, false)).toMatchObject({
      reason: 'TensorFlow 2.21.0 was built for the CPU',
      fix: expect.stringMatching(/pip install --target tf.*--force.*--allow-cpu/),
    });
  });

  test('anything else is told as it is', async () => {
    await expect(load({ tf32: false }, failing(new TypeError('x is not a function')))).rejects.toMatchObject({
      kind: 'other',
      reason: expect.stringContaining('x is not a function'),
    });
  });

  test('a tfjs engine beside ours', async () => {
    await expect(
      load(
        { tf32: false },
        loaderOf(() => ({ engine: () => ({}) })),
      ),
    ).rejects.toMatchObject({
      kind: 'other',
      fix: expect.stringContaining('tfjs-core must be 4.22.0'),
    });
  });

  test('is an error with a code, and its fix in the message', () => {
    expect(noGpu('2.9.1', undefined).toAttuneError()).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringMatching(
        /^The CUDA backend cannot start: TensorFlow 2\.9\.1 sees no GPU.*allowCpu/,
      ),
      data: { kind: 'gpu' },
    });
  });
});

describe('a package that loads', () => {
  afterEach(() => {
    for (const name of Object.keys(engine().registryFactory)) engine().removeBackend(name);
  });

  test.each([true, false])('says its version, and whether it has a GPU: %s', async (gpu) => {
    expect(
      await load(
        { tf32: false },
        loaderOf(() => installed(gpu)),
      ),
    ).toEqual({ tensorflow: '2.21.0', gpu });
  });

  test('leaves the application’s own tfjs backend the current one', async () => {
    class Other extends KernelBackend {
      override dispose() {}
    }
    engine().registerBackend('other', () => new Other());
    await engine().setBackend('other');
    await load(
      { tf32: false },
      loaderOf(() => installed(true)),
    );
    expect(engine().backendName).toBe('other');
  });

  test.each([
    [false, {}, { NVIDIA_TF32_OVERRIDE: '0', TF_FORCE_GPU_ALLOW_GROWTH: 'true', CUDA_VISIBLE_DEVICES: '0' }],
    [true, { NVIDIA_TF32_OVERRIDE: '0' }, { TF_FORCE_GPU_ALLOW_GROWTH: 'true' }],
    [false, { TF_FORCE_GPU_ALLOW_GROWTH: 'false' }, { TF_FORCE_GPU_ALLOW_GROWTH: 'false' }],
    [false, { CUDA_VISIBLE_DEVICES: '2' }, { CUDA_VISIBLE_DEVICES: '2' }],
  ])('finds the variables set: tf32 %s, with %j', async (tf32, given, expected) => {
    const loader = { ...loaderOf(() => installed(true)), env: { ...given } as Record<string, string> };
    await load({ tf32 }, loader);
    expect(loader.env).toMatchObject(expected);
    if (tf32) expect(loader.env).not.toHaveProperty('NVIDIA_TF32_OVERRIDE');
  });
});

test('gives Node the functions back that tfjs-node-gpu calls, and replaces none', () => {
  const isArray = () => true;
  const module: Record<string, (value: unknown) => boolean> = { isArray };
  restoreUtil(module);
  expect(module['isArray']).toBe(isArray);
  expect([null, undefined, 0, ''].map((value) => module['isNullOrUndefined']!(value))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
