import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { describeHost } from '../testing/describe-host.js';
import { kernelOf, tapeOf } from '../testing/tapes.js';
import { findAddon, type Addon } from './addon.js';
import { nativeFault, openAddon, openNative } from './native.js';

const busyProcess = fileURLToPath(new URL('../testing/busy-process.mjs', import.meta.url));
const forgottenEngine = fileURLToPath(new URL('../testing/forgotten-engine.mjs', import.meta.url));

const fault = nativeFault();
// Where there is no compiler, there is no addon to test.
const describeNative = fault === undefined ? describe : describe.skip;

describeNative('the native engine', () => {
  describe.each([1, 2, 3])('on %d threads', (threads) => {
    describeHost('as a host', () => openNative({ threads, profile: true }));

    it('says what it is', async () => {
      const host = openNative({ threads });
      expect(host.info).toMatchObject({ version: expect.stringMatching(/^\d+$/), threads, limits: [] });
      await host.dispose();
    });
  });

  it('starts no thousand threads', async () => {
    const host = openNative({ threads: 1000 });
    expect(host.info.threads).toBeLessThan(1000);
    expect(host.info.limits).toEqual([expect.stringMatching(/threads instead of 1000/)]);
    await host.dispose();
  });

  it('knows that there is no memory', async () => {
    const host = openNative();
    const block = host.allocate(2 ** 45);
    await expect(host.settle()).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    host.free(block);
    await host.settle();
    await host.dispose();
  });

  it('says so where its code has not been tested on such a machine', async () => {
    const found = { ...(findAddon() as { addon: Addon }), untested: true };
    const host = openAddon(found, { threads: 1 });
    expect(host.info.limits).toEqual([`untested on ${process.platform}-${process.arch}`]);
    await host.dispose();
  });

  it('knows an instruction set that is not there', () => {
    expect(() => openNative({ isa: 'sse2' })).toThrow(/has no sse2/);
  });

  it('leaves the event loop alone during a run', async () => {
    const host = openNative({ threads: 1 });
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

  it.each([
    ['when nothing is left to do', ''],
    ['in the middle of a run', 'void run(); process.exit(0);'],
  ])('lets a process end %s', async (_, ending) => {
    const { stdout } = await promisify(execFile)(process.execPath, [busyProcess, ending]);
    expect(stdout).toBe('ran once\n');
  });

  it('leaves views of memory that is gone without memory', async () => {
    const [host, other] = [openNative({ threads: 1 }), openNative({ threads: 1 })];
    const blocks = [host.allocate(64), host.allocate(4 << 20), host.allocate(0)];
    const [first, second, none] = await Promise.all(blocks.map((block) => host.view!(block)));
    const again = await host.view!(blocks[0]!);
    const others = await other.view!(other.allocate(64));
    expect([first, again, second, none].map(({ length } = again) => length)).toEqual([64, 64, 4 << 20, 0]);
    host.free(blocks[0]!);
    expect([first!.length, again.length, second!.length]).toEqual([0, 0, 4 << 20]);
    await host.dispose();
    expect([second!.length, others.length]).toEqual([0, 64]);
    await other.dispose();
    expect(others.length).toBe(0);
  });

  it('does not hand the memory of a view to another thread', async () => {
    const host = openNative({ threads: 1 });
    const { buffer } = await host.view!(host.allocate(64));
    try {
      // Copied by Node 20, refused by later ones.
      structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    } catch (error) {
      expect(error).toMatchObject({ name: 'DataCloneError' });
    }
    expect(buffer.byteLength).toBe(64);
    await host.dispose();
  });

  it('keeps the memory of a view whose engine nobody knows any more', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', forgottenEngine]);
    expect(stdout).toBe('7 of 4194304 bytes\n');
  });

  it('lets threads of Node end in the middle of a run, each with an engine of its own', async () => {
    const workers = Array.from(
      { length: 3 },
      () => new Worker(busyProcess, { argv: ['void run(); process.exit(0);'] }),
    );
    const codes = await Promise.all(workers.map((worker) => once(worker, 'exit')));
    expect(codes).toEqual([[0], [0], [0]]);
  });
});
