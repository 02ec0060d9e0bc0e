import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describeHost } from '../testing/describe-host.js';
import { kernelOf, tapeOf, trappingTape } from '../testing/tapes.js';
import { openWasm } from './open.js';

describe.each([1, 2, 3])('the engine in %d workers', (threads) => {
  describeHost('as a host', () => openWasm({ threads, profile: true }));

  it('says what it is', async () => {
    const host = await openWasm({ threads, isa: 'simd128' });
    expect(host.info).toEqual({
      version: expect.stringMatching(/^\d+$/),
      isa: 'simd128',
      threads,
      limits: [],
    });
    await host.dispose();
  });

  it('knows that there is no memory', async () => {
    const host = await openWasm({ threads, maximumBytes: 32 << 20 });
    const blocks = Array.from({ length: 10 }, () => host.allocate(4 << 20));
    await expect(host.settle()).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    for (const block of blocks) host.free(block);
    await host.settle();
    await host.dispose();
  });
});

it('leaves the event loop alone during a run', async () => {
  const host = await openWasm({ threads: 1 });
  const [x, y] = [host.allocate(64 << 20), host.allocate(64 << 20)];
  const copy = [kernelOf(host, 'copy'), 1, 0, 0, 1, 0, 16 << 20] as const;
  const tape = await host.load(tapeOf(...Array.from({ length: 20 }, () => copy)), 2);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await host.run({ tape, slots: [x, y], writes: [], reads: [] });
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(3);
  await host.dispose();
});

it('says that the caller does without threads', async () => {
  const host = await openWasm({ threads: 2, worker: false });
  expect(host.info).toMatchObject({
    threads: 1,
    limits: ['one thread: it runs in the thread of the caller'],
  });
});

it('says why it does not start', async () => {
  await expect(openWasm({ wasmPaths: '/nowhere/' })).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  await expect(openWasm({ threads: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

it.each([1, 2])('fails, and does not hang, when one of %d workers fails', async (threads) => {
  const host = await openWasm({ threads, maximumBytes: 64 << 20 });
  const block = host.allocate(40 << 20);
  const tape = await host.load(trappingTape(host), 1);
  const run = () => host.run({ tape, slots: [block], writes: [], reads: [] });
  const failures = await Promise.allSettled([run(), run(), host.settle()]);
  for (const failure of failures) {
    expect(failure).toMatchObject({ status: 'rejected', reason: { code: 'BACKEND_FAILURE' } });
  }
  expect(() => host.allocate(4)).toThrow(/A worker of the engine failed: memory access out of bounds/);
  await host.dispose();
});

it('keeps no process alive', async () => {
  const engine = new URL('../../dist/wasm/index.js', import.meta.url);
  const script = `
    const { openWasm } = await import('${engine}');
    const host = await openWasm({ threads: 2 });
    await host.settle();
    console.log('settled');`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(stdout).toBe('settled\n');
});
