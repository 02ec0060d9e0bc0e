import { GUARD, TAPE_VERSION } from '../host/tape.js';
import type { EngineHost } from '../host/host.js';
import { kernelOf, tapeOf } from './tapes.js';

const corruptTapes: readonly (readonly [string, readonly number[]])[] = [
  ['nothing', []],
  ['another version', [99, 0]],
  ['more instructions than there are', [TAPE_VERSION, 1]],
  ['fewer', [TAPE_VERSION, 0, 0, 0, 0]],
  ['a negative number of them', [TAPE_VERSION, -1]],
  ['an instruction cut short', [TAPE_VERSION, 1, 0, 0]],
  ['arguments beyond the end', [TAPE_VERSION, 1, 0, 0, 5, 0, 0, 1, 0]],
  ['a length that overflows', [TAPE_VERSION, 1, 0, 0, 0x7fffffff, 0, 0, 1, 0, 1]],
  ['a negative length', [TAPE_VERSION, 1, 0, 0, -5, 0, 0, 1, 0, 1]],
  ['too few arguments', [TAPE_VERSION, 1, 0, 0, 4, 0, 0, 1, 0]],
  ['a kernel that is not there', [TAPE_VERSION, 1, 9999, 0, 5, 0, 0, 1, 0, 1]],
  ['a flag that is not there', [TAPE_VERSION, 1, 0, 2, 5, 0, 0, 1, 0, 1]],
  ['a guard of another slot', [TAPE_VERSION, 1, GUARD, 0, 2, 2, 0]],
  ['a place in another slot', [TAPE_VERSION, 1, 0, 0, 5, 0, 0, 2, 0, 1]],
  ['no place', [TAPE_VERSION, 1, 0, 0, 5, -1, 0, 1, 0, 1]],
];

/** The tests that every host has to pass. `open` opens one that measures times. */
export function describeHost(name: string, open: () => Promise<EngineHost> | EngineHost): void {
  describe(name, () => {
    let host: EngineHost;
    beforeAll(async () => {
      host = await open();
    });
    afterAll(() => host.dispose());

    it('lists its kernels', () => {
      expect(host.kernels).toContainEqual({ name: 'copy', words: 5 });
    });

    it('writes, runs and reads', async () => {
      const [x, y] = [host.allocate(400_000), host.allocate(400_000)];
      const copy = kernelOf(host, 'copy');
      // y[1:] = x[:-1]
      const tape = await host.load(tapeOf([copy, 0, 0, 0, 1, 1, 99_999]), 2);
      const data = Float32Array.from({ length: 100_000 }, (_, i) => i);
      const run = {
        tape,
        slots: [x, y],
        writes: [{ slot: 0, offset: 0, data }],
        reads: [{ slot: 1, offset: 0, bytes: 400_000 }],
      };
      const [read] = await host.run(run);
      expect(new Float32Array(read!)).toEqual(data.map((value) => Math.max(0, value - 1)));
    });

    it('lets a group of small instructions wait for what one of them reads', async () => {
      const count = 1 << 22;
      const [from, to, small] = [host.allocate(count * 4), host.allocate(count * 4), host.allocate(256)];
      const copy = kernelOf(host, 'copy');
      // Of many tasks; of one, beside it; and of one that reads the last word of the first.
      const tape = await host.load(
        tapeOf([copy, 0, 0, 0, 1, 0, count], [copy, 0, 2, 0, 2, 16, 1], [copy, 1, 1, count - 1, 2, 32, 1]),
        3,
      );
      for (let i = 1; i <= 20; i++) {
        const [read] = await host.run({
          tape,
          slots: [from, to, small],
          writes: [{ slot: 0, offset: (count - 1) * 4, data: Int32Array.of(i) }],
          reads: [{ slot: 2, offset: 128, bytes: 4 }],
        });
        expect(new Int32Array(read!)[0]).toBe(i);
      }
      host.unload(tape);
      for (const block of [from, to, small]) host.free(block);
    });

    it('ends a run at a guard that is false', async () => {
      const [x, y, guard] = [host.allocate(4), host.allocate(4), host.allocate(1)];
      host.write(x, 0, Float32Array.of(7));
      const tape = await host.load(tapeOf([GUARD, 0, 2, 0], [kernelOf(host, 'copy'), 0, 0, 0, 1, 0, 1]), 3);
      const run = (open: number) =>
        host.run({
          tape,
          slots: [x, y, guard],
          writes: [{ slot: 2, offset: 0, data: Uint8Array.of(open) }],
          reads: [{ slot: 1, offset: 0, bytes: 4 }],
        });
      expect(new Float32Array((await run(0))[0]!)).toEqual(Float32Array.of(0));
      expect(new Float32Array((await run(1))[0]!)).toEqual(Float32Array.of(7));
    });

    it('rejects tapes that are corrupt', async () => {
      for (const [what, words] of corruptTapes) {
        const loaded = host.load(Int32Array.from(words), 2).then(
          () => `a tape with ${what} was loaded`,
          ({ code }: { code: string }) => code,
        );
        expect(await loaded).toBe('INVALID_PROGRAM');
      }
    });

    it('looks at all places that a kernel is called with', async () => {
      for (const [number, { name, words }] of host.kernels.entries()) {
        const sevens = Array.from({ length: words }, () => 7);
        const loaded = host.load(tapeOf([number, 0, ...sevens]), 2).then(
          () => `${name} was loaded with a slot that is not there`,
          ({ code }: { code: string }) => code,
        );
        expect(await loaded).toBe('INVALID_PROGRAM');
      }
    });

    it('runs no tape on slots that are too short for it', async () => {
      const [x, y] = [host.allocate(80), host.allocate(84)];
      const copy = kernelOf(host, 'copy');
      // x[4:20] = y[5:21], which goes further than either by nothing, then y[5:21] = x[5:21].
      const [fits, doesNot] = [
        await host.load(tapeOf([copy, 0, 1, 5, 0, 4, 16]), 2),
        await host.load(tapeOf([copy, 0, 0, 5, 1, 5, 16]), 2),
      ];
      const run = (tape: typeof fits) => host.run({ tape, slots: [x, y], writes: [], reads: [] });
      await run(fits);
      await expect(run(doesNot)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      for (const tape of [fits, doesNot]) host.unload(tape);
      for (const block of [x, y]) host.free(block);
    });

    it('keeps to its blocks', async () => {
      const block = host.allocate(8);
      expect(() => host.write(block, 4, Float32Array.of(1, 2))).toThrow(/outside of a block/);
      await expect(host.read(block, -4, 4)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      host.free(block);
      await expect(host.read(block, 0, 4)).rejects.toMatchObject({ code: 'DISPOSED' });
    });

    it('gives blocks of zeros where other data was', async () => {
      const first = host.allocate(256);
      host.write(first, 0, new Uint8Array(256).fill(255));
      host.free(first);
      expect(new Uint8Array(await host.read(host.allocate(256), 0, 256))).toEqual(new Uint8Array(256));
    });

    it('shows a block itself, wherever there was memory for it', async () => {
      const small = host.allocate(8);
      const before = await host.view!(small);
      // Larger than what there was: a memory that can grow has to.
      const large = host.allocate(24 << 20);
      const view = await host.view!(large);
      expect([before.length, view.length]).toEqual([8, 24 << 20]);
      view[view.length - 1] = 7;
      before[0] = 5;
      expect(new Uint8Array(await host.read(large, (24 << 20) - 2, 2))).toEqual(Uint8Array.of(0, 7));
      expect(new Uint8Array(await host.read(small, 0, 2))).toEqual(Uint8Array.of(5, 0));
      host.write(small, 0, Uint8Array.of(1, 2));
      expect([...(await host.view!(small)).subarray(0, 3)]).toEqual([1, 2, 0]);
      for (const block of [small, large]) host.free(block);
      await expect(host.view!(small)).rejects.toMatchObject({ code: 'DISPOSED' });
    });

    it('shows a block when what was called before is done', async () => {
      const [x, y] = [host.allocate(4), host.allocate(4)];
      const tape = await host.load(tapeOf([kernelOf(host, 'copy'), 0, 0, 0, 1, 0, 1]), 2);
      const writes = [{ slot: 0, offset: 0, data: Float32Array.of(3) }];
      const run = host.run({ tape, slots: [x, y], writes, reads: [] });
      const view = await host.view!(y);
      expect(new Float32Array(view.buffer, view.byteOffset, 1)[0]).toBe(3);
      await run;
      for (const block of [x, y]) host.free(block);
      host.unload(tape);
    });

    it('carries out calls in order', async () => {
      const before = host.memory();
      const [x, y] = [host.allocate(4), host.allocate(4)];
      const copy = kernelOf(host, 'copy');
      const tape = await host.load(tapeOf([copy, 0, 0, 0, 1, 0, 1]), 2);
      const run = () =>
        host.run({ tape, slots: [x, y], writes: [], reads: [{ slot: 1, offset: 0, bytes: 4 }] });
      const data = Float32Array.of(1);
      const results: Promise<readonly ArrayBuffer[]>[] = [];
      for (let i = 0; i < 5; i++) {
        host.write(x, 0, data);
        data[0]!++;
        results.push(run());
      }
      host.write(x, 0, Float32Array.of(100));
      const last = host.read(x, 0, 4);
      host.free(x);
      host.free(y);
      host.unload(tape);
      const values = (await Promise.all(results)).map(([buffer]) => new Float32Array(buffer!)[0]);
      expect(values).toEqual([1, 2, 3, 4, 5]);
      expect(new Float32Array(await last)[0]).toBe(100);
      expect(host.memory()).toEqual(before);
    });

    it('takes no more calls when it was disposed', async () => {
      const other = await open();
      const block = other.allocate(4);
      await other.dispose();
      await other.dispose();
      await expect(other.read(block, 0, 4)).rejects.toMatchObject({ code: 'DISPOSED' });
      expect(() => other.allocate(4)).toThrow(/disposed/);
      other.free(block);
    });

    it('measures the time of each kernel', async () => {
      const [x, y] = [host.allocate(400_000), host.allocate(400_000)];
      const copy = kernelOf(host, 'copy');
      const tape = await host.load(tapeOf([copy, 0, 0, 0, 1, 0, 100_000], [copy, 1, 1, 0, 0, 0, 100_000]), 2);
      await host.run({ tape, slots: [x, y], writes: [], reads: [] });
      const [time] = (await host.profile()).filter(({ name }) => name === 'copy');
      expect(time).toEqual({ name: 'copy', calls: expect.any(Number), ms: expect.any(Number) });
      expect(time!.calls).toBeGreaterThanOrEqual(2);
    });
  });
}
