import { GraphBuilder, type Backend } from '@attune/core';

/** Rows and columns of the matrices: products of this size run at the full rate of a CPU's kernels, and of most GPUs'. */
const SIZE = 512;
/** Products in a run, and runs, of which the fastest counts. */
const [PRODUCTS, RUNS] = [4, 5];

/**
 * The rate of a backend's own products of large square matrices, in operations a second: the most that a training step could
 * reach on it, with the threads and the instruction set that it has.
 */
export async function measurePeak(backend: Backend): Promise<number> {
  const matrix = { shape: [SIZE, SIZE], dtype: 'f32' } as const;
  const state = await backend.allocate({ a: matrix, b: matrix });
  try {
    const g = new GraphBuilder('peak');
    const [a, b] = [g.state('a', matrix), g.state('b', matrix)];
    let product = a;
    for (let i = 0; i < PRODUCTS; i++) product = g.matmul(product, b);
    g.output('sum', g.sum(product));
    const program = await backend.compile(g.build(), state);
    let best = Infinity;
    for (let run = 0; run <= RUNS; run++) {
      const start = performance.now();
      await program.run();
      // The first one warms up.
      if (run > 0) best = Math.min(best, performance.now() - start);
    }
    program.dispose();
    return (2 * SIZE ** 3 * PRODUCTS) / (best / 1000);
  } finally {
    state.dispose();
  }
}
