import { describeHost } from '../testing/describe-host.js';
import { testHost } from '../testing/test-host.js';

describe.each(['simd128', 'relaxed'] as const)('the engine in this thread, %s', (isa) => {
  describeHost('as a host', () => testHost({ isa, profile: true }));

  it('says what it is', () => {
    expect(testHost({ isa }).info).toEqual({
      version: expect.stringMatching(/^\d+$/),
      isa,
      threads: 1,
      limits: [],
    });
  });

  it('says that there is no memory when asked to settle', async () => {
    const small = testHost({ isa, maximumBytes: 16 << 20 });
    const blocks = Array.from({ length: 5 }, () => small.allocate(4 << 20));
    await expect(small.settle()).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    for (const block of blocks) small.free(block);
    expect(small.memory()).toEqual({ bytes: 0, buffers: 0 });
    small.allocate(10 << 20);
    await small.settle();
  });
});
