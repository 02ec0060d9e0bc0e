import type { StepWriter, Word } from '../../steps/rule.js';

/** Functions that a product may end with: `GemmActivation` of `kernels/gemm-args.c`. */
const activations = { identity: 0, geluErf: 1, geluTanh: 2, silu: 3 } as const;
export type Activation = keyof typeof activations;

type Place = readonly [Word, Word];

/** Products in two levels: how many, and the elements between one and the next. */
export interface GemmLevel {
  readonly count: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/**
 * Matrix products `C = f(A · B + bias) + residual` of `[m, k] × [k, n]`, as the kernel `gemm` takes them. Strides are in
 * elements. Of `rowA` and `columnA` one is 1, and of `rowB` and `columnB`.
 */
export interface Gemm {
  readonly a: Place;
  readonly b: Place;
  readonly c: Place;
  /** `[n]`. */
  readonly bias?: Place;
  /** Lies as C does. It may be C itself where there is no activation; other operands do not overlap C. */
  readonly residual?: Place;
  /** Takes `A · B + bias`. Lies as C does. */
  readonly before?: Place;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly rowA: number;
  readonly columnA: number;
  readonly rowB: number;
  readonly columnB: number;
  /** Default: n. */
  readonly rowC?: number;
  readonly outer?: GemmLevel;
  readonly inner?: GemmLevel;
  readonly activation?: Activation;
  /** Adds the products to what C holds. */
  readonly accumulate?: boolean;
  /** How B is stored: a `Storage` of `kernels/narrow.h`. Default: as f32. */
  readonly storage?: number;
  /** Factors of B: one for each of its rows, `[k]`, or one for each of its columns, `[n]`. */
  readonly scales?: { readonly at: Place; readonly of: keyof typeof scalings };
}

const scalings = { columns: 1, rows: 2 } as const;

const once: GemmLevel = { count: 1, a: 0, b: 0, c: 0 };

/** Writes a call of the kernel `gemm`. */
export function callGemm(tape: StepWriter, gemm: Gemm): void {
  const { m, n, k, rowA, columnA, rowB, columnB, rowC = n, outer = once, inner = once } = gemm;
  tape.call('gemm', [
    ...[...gemm.a, ...gemm.b, ...gemm.c],
    ...[gemm.bias ?? tape.nowhere, gemm.residual ?? tape.nowhere, gemm.before ?? tape.nowhere].flat(),
    ...[m, n, k, rowA, columnA, rowB, columnB, rowC],
    ...[outer.count, inner.count, outer.a, outer.b, outer.c, inner.a, inner.b, inner.c],
    ...[activations[gemm.activation ?? 'identity'], gemm.accumulate ? 1 : 0],
    ...[gemm.storage ?? 0, gemm.scales ? scalings[gemm.scales.of] : 0],
    ...(gemm.scales?.at ?? tape.nowhere),
  ]);
}
