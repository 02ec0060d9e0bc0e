import type { KernelInfo } from './host.js';

/**
 * The kernels that tapes are written for, and how many words each takes. An engine that was built from other sources, as an
 * addon of an earlier version is, would read the words of a call for something else. `kernel-words.spec.ts` holds the list
 * against the build.
 */
export const kernelWords: Readonly<Record<string, number>> = {
  copy: 5,
  move: 26,
  reduce_rows: 7,
  reduce_columns: 8,
  gather: 14,
  scatter_add: 11,
  bernoulli: 8,
  gemm: 34,
  norm: 12,
  norm_grad: 20,
  softmax: 7,
  cross_entropy: 14,
  attention: 27,
  attention_grad: 43,
  rope: 27,
  cached_attention: 33,
  cache_write: 19,
  chain: 7,
  chain_sum: 6,
  adam_w: 28,
  convert: 6,
};

/** Says in what an engine differs from the one that tapes are written for; `undefined` if it does not. */
export function kernelFault(kernels: readonly KernelInfo[]): string | undefined {
  const words = new Map(kernels.map((kernel) => [kernel.name, kernel.words]));
  const missing = Object.keys(kernelWords).filter((name) => !words.has(name));
  if (missing.length > 0) return `it has no kernel ${missing.join(', ')}`;
  const changed = Object.keys(kernelWords).filter((name) => words.get(name) !== kernelWords[name]);
  return changed.length > 0 ? `its kernels take other arguments: ${changed.join(', ')}` : undefined;
}
