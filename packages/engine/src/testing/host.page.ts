import { serveTests } from '@attune/browser-harness/page';
import { openWasm } from '../wasm/index.js';
import { kernelOf, tapeOf, trappingTape } from './tapes.js';

/** Fails a test where two values differ. */
function assertSame(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`expected ${b}, got ${a}`);
}

const isolated = globalThis.crossOriginIsolated;

serveTests(({ test }) => {
  test(isolated ? 'computes on two threads' : 'computes on one thread, and says why', async () => {
    const host = await openWasm({ threads: 2 });
    assertSame(host.info.threads, isolated ? 2 : 1);
    assertSame(
      host.info.limits.filter((limit) => limit.includes('cross-origin isolated')).length,
      isolated ? 0 : 1,
    );
    const bytes = 4_000_000;
    const slots = [host.allocate(bytes), host.allocate(bytes)];
    const tape = await host.load(tapeOf([kernelOf(host, 'copy'), 0, 0, 0, 1, 0, bytes / 4]), 2);
    const data = Float32Array.from({ length: bytes / 4 }, (_, i) => i);
    const read = { slot: 1, offset: 0, bytes };
    const [copy] = await host.run({ tape, slots, writes: [{ slot: 0, offset: 0, data }], reads: [read] });
    assertSame([...new Float32Array(copy!)], [...data]);
    await host.dispose();
  });

  test('fails, and does not hang, when a worker fails', async () => {
    const host = await openWasm({ threads: 2, maximumBytes: 64 << 20 });
    const block = host.allocate(40 << 20);
    const run = host.run({
      tape: await host.load(trappingTape(host), 1),
      slots: [block],
      writes: [],
      reads: [],
    });
    const code = await run.then(
      () => 'none',
      (error: { code: string }) => error.code,
    );
    assertSame(code, 'BACKEND_FAILURE');
    await host.dispose();
  });
});
