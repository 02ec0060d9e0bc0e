import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GraphBuilder, hostTensor, item, scalar, type Backend, type Program } from '@attune/core';
import { createOnOnnxruntime, probe } from './create.js';
import { backend as plugin } from '../index.js';
import { StartFailure } from './worker/start-failure.js';
import { createFromSource, workerFile } from './testing/create.js';
import { plainError } from './worker/plain-error.js';

const f32 = (...shape: number[]) => ({ shape, dtype: 'f32' }) as const;
const file = (name: string) => new URL(`./testing/${name}`, import.meta.url);

/** Adds the feed `x` to the state `total`. */
function accumulate(shape: readonly number[] = []): Program {
  const g = new GraphBuilder('accumulate');
  const total = g.add(g.state('total', f32(...shape)), g.feed('x', f32()));
  g.update('total', total);
  g.output('total', g.max(total));
  return g.build();
}

/** A chain of matrix products that takes a while. */
function products(count: number, size: number): Program {
  const g = new GraphBuilder('products');
  const x = g.feed('x', f32(size, size));
  let y = x;
  for (let i = 0; i < count; i++) y = g.tanh(g.matmul(y, x));
  g.output('y', g.max(y));
  return g.build();
}

describe('a running backend', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createFromSource();
  });
  afterAll(() => backend.dispose());

  test('says what it runs on', () => {
    expect(backend.device).toMatchObject({
      kind: 'cpu',
      description: expect.stringMatching(/^onnxruntime 1\.\d+\.\d+, 2 threads, /),
    });
    expect(backend.device.memoryBytes).toBeGreaterThan(0);
  });

  test('leaves the event loop free while it computes', async () => {
    const state = await backend.allocate({});
    const executable = await backend.compile(products(40, 384), state);
    const feeds = { x: hostTensor('f32', [384, 384], new Float32Array(384 * 384).fill(0.01)) };
    await executable.run(feeds);
    let turns = 0;
    let done = false;
    const turn = () => {
      turns++;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    await executable.run(feeds);
    done = true;
    // One turn hands the run to the worker, a few take the answer: all others are others' time.
    expect(turns).toBeGreaterThan(100);
    executable.dispose();
    state.dispose();
  });

  test('keeps two sets of a state that is updated, and no more, however many steps it takes', async () => {
    const state = await backend.allocate({ total: f32(1000) });
    expect(backend.memory()).toEqual({ bytes: 4000, buffers: 1 });
    const executable = await backend.compile(accumulate([1000]), state);
    for (let step = 1; step <= 5; step++) {
      expect(item((await executable.run({ x: scalar(1) }))['total'])).toBe(step);
      expect(backend.memory()).toEqual({ bytes: 8000, buffers: 2 });
    }
    executable.dispose();
    expect(backend.memory()).toEqual({ bytes: 4000, buffers: 1 });
    state.dispose();
    expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
  });
});

test('a worker that dies fails what it was doing, and whatever is asked of it afterwards', async () => {
  const backend = await createOnOnnxruntime({ threads: 1 }, file('crashing-worker.mjs'));
  const state = await backend.allocate({ total: f32() });
  const executable = await backend.compile(accumulate(), state);
  await executable.run({ x: scalar(1) });
  const failure = { code: 'BACKEND_FAILURE', message: expect.stringContaining('ended with code 7') };
  await expect(executable.run({ x: scalar(1) })).rejects.toMatchObject(failure);
  await expect(state.read()).rejects.toMatchObject({ code: 'STATE_POISONED' });
  await expect(backend.allocate({ other: f32() })).rejects.toMatchObject(failure);
  executable.dispose();
  state.dispose();
  await backend.dispose();
});

test('holds nothing once it is disposed, though a State and a program were not', async () => {
  const backend = await createFromSource();
  const state = await backend.allocate({ total: f32(3) });
  const executable = await backend.compile(accumulate([3]), state);
  await executable.run({ x: scalar(1) });
  await backend.dispose();
  expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
  executable.dispose();
  state.dispose();
  expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
});

/** A process that computes with the backend. */
const computeInProcess = (env: NodeJS.ProcessEnv) =>
  promisify(execFile)(process.execPath, [fileURLToPath(file('careless-process.mjs'))], { env });

test('a process ends when its work is done, though nothing was disposed of', async () => {
  const { stdout } = await computeInProcess({ ...process.env, NODE_OPTIONS: '' });
  expect(stdout).toBe('42\n');
});

test('onnxruntime sends no telemetry: it makes no device id, nor a database of events', async () => {
  const home = await mkdtemp(join(tmpdir(), 'attune-home-'));
  try {
    // Not CI, where onnxruntime sends none anyway.
    const { stdout, stderr } = await computeInProcess({ PATH: process.env['PATH'], HOME: home });
    expect({ stdout, stderr, files: await readdir(home) }).toEqual({ stdout: '42\n', stderr: '', files: [] });
  } finally {
    await rm(home, { recursive: true });
  }
});

/** Only Linux lets a process be given less memory than there is. */
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('says so where there is no room for what a run computes (Linux only)', async () => {
  const limited = ['-c', 'ulimit -v 8000000 && exec "$@"', 'sh'];
  const command = [process.execPath, fileURLToPath(file('crowded-process.mjs'))];
  const { stdout } = await promisify(execFile)('sh', [...limited, ...command], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(JSON.parse(stdout)).toEqual({ run: 'OUT_OF_MEMORY', read: 'STATE_POISONED' });
});

describe('availability', () => {
  test('is found out in a worker of its own', async () => {
    expect(await probe({}, workerFile)).toEqual({
      available: true,
      description: expect.stringMatching(/^onnxruntime 1\.\d+\.\d+$/),
    });
  });

  test('without the package, says how to install it', async () => {
    expect(await probe({}, file('lonely-worker.mjs'))).toEqual({
      available: false,
      reason: 'the package onnxruntime-node is not installed',
      fix: expect.stringContaining('npm install onnxruntime-node'),
      packages: ['onnxruntime-node'],
    });
    await expect(createOnOnnxruntime({}, file('lonely-worker.mjs'))).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining('npm install onnxruntime-node'),
    });
  });

  test.each([
    [
      {
        code: 'MODULE_NOT_FOUND',
        message: "Cannot find module '../bin/napi-v6/linux/ppc64/onnxruntime_binding.node'",
      },
      /has no library for/,
    ],
    [
      { code: 'ERR_DLOPEN_FAILED', message: "libonnxruntime.so.1: version `GLIBC_2.28' not found" },
      /does not load: .*GLIBC.* It needs glibc/,
    ],
    [
      {
        code: 'ERR_MODULE_NOT_FOUND',
        message: "Cannot find package '@attune/lowering-onnx' imported from engine.js",
      },
      /@attune\/lowering-onnx is not installed.*npm install @attune\/lowering-onnx onnxruntime-node/,
    ],
    [{ message: 'Something else' }, /failed to load: Something else/],
  ])('distinguishes %j', (error, expected) => {
    expect(StartFailure.from(error).message).toMatch(expected);
  });
});

test.each([0, 1.5, Number.NaN, 100_000])('refuses %d threads', async (threads) => {
  await expect(plugin.create({ engine: 'onnxruntime', threads })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
});

test('errors cross to the main thread with their codes', () => {
  expect(plainError(new Error('std::bad_alloc'))).toEqual({
    message: 'std::bad_alloc',
    attune: 'OUT_OF_MEMORY',
  });
  expect(plainError(Object.assign(new Error('no'), { code: 'ENOENT' }))).toEqual({
    message: 'no',
    code: 'ENOENT',
  });
  expect(plainError('plain text')).toEqual({ message: 'plain text' });
});
