import { throwReports } from './failures.js';
import { wasmBackend } from './heap.js';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

type BatchMatMul = (
  a: number,
  aShape: Uint8Array,
  aRank: number,
  b: number,
  bShape: Uint8Array,
  bRank: number,
  transposeA: boolean,
  transposeB: boolean,
  out: number,
) => void;

const bound = new WeakMap<BackendWasm, BatchMatMul>();

function batchMatMulOf(backend: BackendWasm): BatchMatMul {
  let kernel = bound.get(backend);
  if (!kernel) {
    const [n, array] = ['number', 'array'] as const;
    const wasm = backend.wasm as unknown as {
      cwrap(name: string, result: null, parameters: readonly string[]): BatchMatMul;
    };
    kernel = wasm.cwrap('BatchMatMul', null, [n, array, n, n, array, n, n, n, n]);
    bound.set(backend, kernel);
  }
  return kernel;
}

/** Ids of tensors of ours in the module, which numbers its own from 1. */
const [VIEW_A, VIEW_B, VIEW_OUT] = [0x7ffffff0, 0x7ffffff1, 0x7ffffff2];

/** A matrix product, or many of one size whose operands lie one after the other. Addresses are in bytes. */
export interface Products {
  readonly count: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly a: number;
  readonly b: number;
  readonly out: number;
}

/**
 * `[m, k] × [k, n]`, once or many times, each by XNNPACK.
 *
 * tfjs' kernel has a fast path for one product of two plain matrices; many at once, it multiplies in a scalar loop, six
 * times slower at attention's sizes. So this registers the matrices of a batch as tensors of the module, one by one.
 * It does so for a single product too: the kernel keeps XNNPACK's packed copy of `b` by the id of `b`, whatever its
 * shape, and a tensor and its reshape have one id. Here the copy goes with the view.
 */
export function multiply({ count, m, k, n, ...address }: Products): void {
  const backend = wasmBackend();
  const kernel = batchMatMulOf(backend);
  const { tfjs } = backend.wasm;
  const aShape = new Uint8Array(Int32Array.of(1, m, k).buffer);
  const bShape = new Uint8Array(Int32Array.of(1, k, n).buffer);
  const views = [
    [VIEW_A, m * k, address.a],
    [VIEW_B, k * n, address.b],
    [VIEW_OUT, m * n, address.out],
  ] as const;
  for (let i = 0; i < count; i++) {
    for (const [id, size, start] of views) tfjs.registerTensor(id, size, start + 4 * size * i);
    kernel(VIEW_A, aShape, 3, VIEW_B, bShape, 3, false, false, VIEW_OUT);
    for (const [id] of views) tfjs.disposeData(id);
  }
  throwReports();
}
