/**
 * Rates of the engine's matrix products on one thread, in GFLOP/s, at the shapes of GPT-2 in three sizes: of the product of
 * a forward pass, and of the two of its gradient. `tools/reference/gemm_rate.py` prints PyTorch's.
 *
 *     node tools/bench/dist/machine/gemm-rate.js [native|wasm] [isa]
 */
import type { EngineHost } from '@attune/engine';
import { openWasm } from '@attune/engine/wasm';
import { openNative } from '@attune/engine/node';

/** Rows, inputs and outputs of linear layers. */
const layers: Readonly<Record<string, readonly (readonly [number, number, number])[]>> = {
  S: [128, 384, 512].map((outputs) => [768, 128, outputs] as const),
  M: [384, 1152, 1536].map((outputs) => [1024, 384, outputs] as const),
  '124M': [768, 2304, 3072].map((outputs) => [256, 768, outputs] as const),
};

/** Repetitions of a product in a run, and runs, of which the fastest counts. */
const [REPETITIONS, RUNS] = [8, 12];

interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** A tape of one product, several times over: version, count, then kernel, flags (a barrier), length and words of each. */
function tapeOf(host: EngineHost, { m, n, k, transposeA, transposeB }: Product): Int32Array {
  const kernel = host.kernels.findIndex(({ name }) => name === 'gemm');
  const nowhere = [-1, 0];
  const words = [
    ...[0, 0, 1, 0, 2, 0, ...nowhere, ...nowhere, ...nowhere, m, n, k],
    ...[...(transposeA ? [1, m] : [k, 1]), ...(transposeB ? [1, k] : [n, 1]), n],
    ...[1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[0, 0, ...nowhere],
  ];
  const call = [kernel, 1, words.length, ...words];
  return Int32Array.from([1, REPETITIONS, ...Array.from({ length: REPETITIONS }, () => call).flat()]);
}

async function rateOf(host: EngineHost, product: Product): Promise<number> {
  const { m, n, k } = product;
  const slots = [m * k, k * n, m * n].map((elements) => host.allocate(elements * 4));
  [m * k, k * n].forEach((elements, i) => {
    host.write(
      slots[i]!,
      0,
      Float32Array.from({ length: elements }, (_, at) => Math.sin(at)),
    );
  });
  await host.settle();
  const tape = await host.load(tapeOf(host, product), slots.length);
  let best = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await host.run({ tape, slots, writes: [], reads: [] });
    best = Math.min(best, (performance.now() - start) / 1000 / REPETITIONS);
  }
  host.unload(tape);
  slots.forEach((block) => host.free(block));
  return (2 * m * n * k) / best / 1e9;
}

const [kind = 'native', isa] = process.argv.slice(2);
const host =
  kind === 'native'
    ? openNative({ threads: 1, ...(isa !== undefined && { isa }) })
    : await openWasm({ threads: 1, isa: isa === 'simd128' ? 'simd128' : undefined });
for (const [size, shapes] of Object.entries(layers)) {
  for (const [rows, inputs, outputs] of shapes) {
    const products: Readonly<Record<string, Product>> = {
      forward: { m: rows, n: outputs, k: inputs, transposeA: false, transposeB: false },
      dX: { m: rows, n: inputs, k: outputs, transposeA: false, transposeB: true },
      dW: { m: inputs, n: outputs, k: rows, transposeA: true, transposeB: false },
    };
    const rates: Record<string, number> = {};
    for (const [name, product] of Object.entries(products)) {
      rates[name] = Number((await rateOf(host, product)).toFixed(1));
    }
    console.log(JSON.stringify({ isa: host.info.isa, size, rows, inputs, outputs, ...rates }));
  }
}
await host.dispose();
