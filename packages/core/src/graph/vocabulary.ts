import {
  broadcastAxes,
  broadcastShapes,
  normalizeAxis,
  sameShape,
  sizeOf,
  type DType,
  type Shape,
} from '../tensor/index.js';
import { Graph } from './graph.js';
import { pairOf, windowOf, type ConvolutionOptions, type Extent, type Operand } from './operands.js';
import type { Tensor } from './tensor.js';

/** The ops as methods: what models, losses and the bodies of composites are written in. */
export abstract class Vocabulary extends Graph {
  /** Both operands as tensors: a number takes the dtype of the other one. */
  private tensors(a: Operand, b: Operand): [Tensor, Tensor] {
    const dtype = typeof a !== 'number' ? a.dtype : typeof b !== 'number' ? b.dtype : 'f32';
    const tensor = (x: Operand) => (typeof x === 'number' ? this.constant(x, [], dtype) : x);
    return [tensor(a), tensor(b)];
  }

  private binary(op: string, a: Operand, b: Operand): Tensor {
    return this.apply(op, this.tensors(a, b));
  }

  // Constants

  /** A tensor filled with one value. */
  constant(value: number, shape: Shape = [], dtype: DType = 'f32'): Tensor {
    return this.apply('constant', [], { value, shape, dtype });
  }

  /** 0, 1, 2, … along `axis`, the same along the others: i32. */
  iota(shape: Shape, axis = 0): Tensor {
    return this.apply('iota', [], { shape, axis: normalizeAxis('iota', axis, shape.length) });
  }

  // Elementwise, f32

  neg(x: Tensor): Tensor {
    return this.apply('neg', [x]);
  }
  abs(x: Tensor): Tensor {
    return this.apply('abs', [x]);
  }
  exp(x: Tensor): Tensor {
    return this.apply('exp', [x]);
  }
  log(x: Tensor): Tensor {
    return this.apply('log', [x]);
  }
  sqrt(x: Tensor): Tensor {
    return this.apply('sqrt', [x]);
  }
  /** 1 / √x. */
  rsqrt(x: Tensor): Tensor {
    return this.apply('rsqrt', [x]);
  }
  tanh(x: Tensor): Tensor {
    return this.apply('tanh', [x]);
  }
  sigmoid(x: Tensor): Tensor {
    return this.apply('sigmoid', [x]);
  }
  /** The Gauss error function. */
  erf(x: Tensor): Tensor {
    return this.apply('erf', [x]);
  }
  /** The larger of `x` and 0. As in PyTorch, no gradient flows at 0. */
  relu(x: Tensor): Tensor {
    return this.maximum(0, x);
  }
  square(x: Tensor): Tensor {
    return this.mul(x, x);
  }
  /** Gaussian error linear unit: `none` is exact, `tanh` is GPT-2's approximation. */
  gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
    return this.apply('gelu', [x], { approximate });
  }
  /** Sigmoid linear unit: `x · σ(x)`. */
  silu(x: Tensor): Tensor {
    return this.apply('silu', [x]);
  }

  /** `x`, through which no gradient flows. */
  stopGradient(x: Tensor): Tensor {
    return this.apply('stopGradient', [x]);
  }

  // Elementwise on two operands, which broadcast

  add(a: Operand, b: Operand): Tensor {
    return this.binary('add', a, b);
  }
  sub(a: Operand, b: Operand): Tensor {
    return this.binary('sub', a, b);
  }
  mul(a: Operand, b: Operand): Tensor {
    return this.binary('mul', a, b);
  }
  div(a: Operand, b: Operand): Tensor {
    return this.binary('div', a, b);
  }
  maximum(a: Operand, b: Operand): Tensor {
    return this.binary('maximum', a, b);
  }
  minimum(a: Operand, b: Operand): Tensor {
    return this.binary('minimum', a, b);
  }
  equal(a: Operand, b: Operand): Tensor {
    return this.binary('equal', a, b);
  }
  less(a: Operand, b: Operand): Tensor {
    return this.binary('less', a, b);
  }
  lessEqual(a: Operand, b: Operand): Tensor {
    return this.binary('lessEqual', a, b);
  }
  logicalAnd(a: Tensor, b: Tensor): Tensor {
    return this.apply('logicalAnd', [a, b]);
  }
  logicalNot(a: Tensor): Tensor {
    return this.apply('logicalNot', [a]);
  }
  /** `condition ? a : b`, element by element; all three broadcast. */
  select(condition: Tensor, a: Operand, b: Operand): Tensor {
    return this.apply('select', [condition, ...this.tensors(a, b)]);
  }
  /** Converts elements: toward i32 numbers are truncated, bool is 0 or 1, and toward bf16 and f16 they are rounded to nearest. */
  cast(x: Tensor, dtype: DType): Tensor {
    return x.dtype === dtype ? x : this.apply('cast', [x], { dtype });
  }

  // Shape

  /** The same elements under another shape; one length may be −1. */
  reshape(x: Tensor, shape: Shape): Tensor {
    const known = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
    const full = shape.map((length) => (length === -1 ? sizeOf(x.shape) / known : length));
    return sameShape(x.shape, full) ? x : this.apply('reshape', [x], { shape: full });
  }
  /** Reorders axes: axis i of the result is axis `perm[i]` of `x`. */
  transpose(x: Tensor, perm: readonly number[]): Tensor {
    const identity = perm.length === x.rank && perm.every((axis, i) => axis === i);
    return identity ? x : this.apply('transpose', [x], { perm });
  }
  /** Repeats `x` along axes of length 1 and new leading axes. */
  broadcastTo(x: Tensor, shape: Shape): Tensor {
    return sameShape(x.shape, shape) ? x : this.apply('broadcastTo', [x], { shape });
  }
  /** The box of `sizes` elements that begins at `starts`. */
  slice(x: Tensor, starts: readonly number[], sizes: readonly number[]): Tensor {
    return sameShape(x.shape, sizes) ? x : this.apply('slice', [x], { starts, sizes });
  }
  /** Zeros around `x`: `before` and `after` count them for each axis. */
  pad(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
    return [...before, ...after].every((n) => n === 0) ? x : this.apply('pad', [x], { before, after });
  }
  /** Joins tensors along an axis. */
  concat(xs: readonly Tensor[], axis: number): Tensor {
    if (xs.length === 1) return xs[0]!;
    return this.apply('concat', xs, { axis: normalizeAxis('concat', axis, xs[0]?.rank ?? 0) });
  }

  // Reductions. Axes default to all.

  sum(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
    return this.reduction('sum', x, axes, keepDims);
  }
  max(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
    return this.reduction('max', x, axes, keepDims);
  }
  mean(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
    const total = this.sum(x, axes, keepDims);
    return this.mul(total, sizeOf(total.shape) / sizeOf(x.shape));
  }
  /** Sums over the axes along which a tensor of `shape` was stretched: the gradient of broadcasting. */
  sumTo(x: Tensor, shape: Shape): Tensor {
    broadcastShapes('sumTo', shape, x.shape);
    const axes = broadcastAxes(shape, x.shape);
    return this.reshape(axes.length === 0 ? x : this.sum(x, axes), shape);
  }

  private reduction(
    op: 'sum' | 'max',
    x: Tensor,
    axes: readonly number[] | undefined,
    keepDims: boolean,
  ): Tensor {
    const normal = (axes ?? x.shape.map((_, axis) => axis)).map((axis) => normalizeAxis(op, axis, x.rank));
    return normal.length === 0 ? x : this.apply(op, [x], { axes: normal.sort((a, b) => a - b), keepDims });
  }

  // Linear algebra and indexing

  /**
   * Matrix product over the last two axes: `[…, M, K] × […, K, N] → […, M, N]`. Leading axes are equal, or `b` has none.
   * The flags read an operand with its last two axes exchanged.
   */
  matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false } = {}): Tensor {
    return this.apply('matmul', [a, b], { transposeA, transposeB });
  }
  /** Rows of a table: `f32[V, …], i32[…] → f32[…, …]`. The embedding lookup. */
  gather(table: Tensor, indices: Tensor): Tensor {
    return this.apply('gather', [table, indices]);
  }
  /** Adds each row of `updates` to row `indices[i]` of `rows` rows of zeros. Duplicates add up. */
  scatterAdd(indices: Tensor, updates: Tensor, rows: number): Tensor {
    return this.apply('scatterAdd', [indices, updates], { rows });
  }
  /** 1 where the last axis equals the index, else 0: `i32[…] → f32[…, depth]`. */
  oneHot(indices: Tensor, depth: number): Tensor {
    const column = this.reshape(indices, [...indices.shape, 1]);
    return this.cast(this.equal(column, this.iota([depth])), 'f32');
  }

  // Composites that engines have fast paths for

  /** Over the last axis. */
  softmax(x: Tensor): Tensor {
    return this.apply('softmax', [x]);
  }
  /** Over the last axis. */
  logSoftmax(x: Tensor): Tensor {
    return this.apply('logSoftmax', [x]);
  }
  /**
   * The sum of the weighted cross-entropy of `hidden f32[N, C] · weightᵀ`, `weight f32[V, C]`, against `targets i32[N]`,
   * with the logits of `chunk` rows in memory at once. All but the targets have a gradient.
   */
  linearCrossEntropy(
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    lossWeights: Tensor,
    { chunk, ignoreIndex = -100 }: { readonly chunk: number; readonly ignoreIndex?: number },
  ): Tensor {
    return this.apply('linearCrossEntropy', [hidden, weight, targets, lossWeights], { chunk, ignoreIndex });
  }
  /** Cross-entropy of each row: `f32[…, V], i32[…] → f32[…]`; 0 where the target is `ignoreIndex`. */
  softmaxCrossEntropy(logits: Tensor, targets: Tensor, ignoreIndex = -100): Tensor {
    return this.apply('softmaxCrossEntropy', [logits, targets], { ignoreIndex });
  }
  /** Normalises the last axis to mean 0 and variance 1, then scales, then shifts if there is a bias. */
  layerNorm(x: Tensor, weight: Tensor, bias: Tensor | undefined, epsilon = 1e-5): Tensor {
    return this.apply('layerNorm', bias ? [x, weight, bias] : [x, weight], { epsilon });
  }
  /** Divides the last axis by its root mean square, then scales. */
  rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
    return this.apply('rmsNorm', [x, weight], { epsilon });
  }
  /** Turns each pair `(x[d], x[d + D/2])` of the last axis by an angle; its cosine and sine broadcast to `[…, T, D/2]`. */
  rope(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
    return this.apply('rope', [x, cos, sin]);
  }
  /** Scaled dot-product attention: q, k, v `f32[…, T, D] → f32[…, T, D]`; a causal row sees no later column. */
  attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    { causal = true, scale = (q.shape.at(-1) ?? 1) ** -0.5 } = {},
  ): Tensor {
    return this.apply('attention', [q, k, v], { causal, scale });
  }
  /**
   * Writes columns `f32[n, H, T, D]` into a cache of keys or values `f32[B, H, S, D]`, at `positions i32[n, T]` of the
   * sequences `rows i32[n]`, by default all B in order. A position outside of `[0, S)` is padding.
   */
  cacheWrite(cache: Tensor, columns: Tensor, positions: Tensor, rows?: Tensor): Tensor {
    return this.apply('cacheWrite', [cache, columns, positions, ...(rows ? [rows] : [])]);
  }
  /**
   * Attention of `q f32[n, H, T, D]` at `positions i32[n, T]` over keys and values `f32[B, Hkv, S, D]` of the sequences
   * `rows i32[n]`, by default all B in order, up to each token's own position, or over the last `window` of them.
   */
  cachedAttention(
    q: Tensor,
    keys: Tensor,
    values: Tensor,
    positions: Tensor,
    {
      rows,
      scale = (q.shape.at(-1) ?? 1) ** -0.5,
      window = 0,
    }: { readonly rows?: Tensor | undefined; readonly scale?: number; readonly window?: number } = {},
  ): Tensor {
    const inputs = [q, keys, values, positions, ...(rows ? [rows] : [])];
    return this.apply('cachedAttention', inputs, { scale, window });
  }
  /** Convolution without a bias: `x f32[N, C, H, W]`, `weight f32[O, C, kh, kw] → f32[N, O, OH, OW]`. */
  conv2d(x: Tensor, weight: Tensor, { stride = 1, padding = 0 }: ConvolutionOptions = {}): Tensor {
    return this.apply('conv2d', [x, weight], { stride: pairOf(stride), padding: pairOf(padding) });
  }
  /** The largest of each window: `f32[N, C, H, W] → f32[N, C, OH, OW]`. Windows lie side by side, unless there is a stride. */
  maxPool2d(x: Tensor, kernel: Extent, { stride = kernel, padding = 0 }: ConvolutionOptions = {}): Tensor {
    return this.apply('maxPool2d', [x], windowOf(kernel, stride, padding));
  }
  /** The mean of each window, with padding as zeros: `f32[N, C, H, W] → f32[N, C, OH, OW]`. */
  avgPool2d(x: Tensor, kernel: Extent, { stride = kernel, padding = 0 }: ConvolutionOptions = {}): Tensor {
    return this.apply('avgPool2d', [x], windowOf(kernel, stride, padding));
  }
  /**
   * Normalises each channel of `x f32[N, C, …]` by the mean and variance of the batch, then scales and shifts. These two,
   * `f32[C]`, are for running statistics: no gradient flows through them.
   */
  batchNorm(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    epsilon = 1e-5,
  ): { readonly y: Tensor; readonly mean: Tensor; readonly variance: Tensor } {
    const [y, mean, variance] = this.applyAll('batchNorm', [x, weight, bias], { epsilon });
    return { y: y!, mean: mean!, variance: variance! };
  }
  /** `true` with probability `1 − p`, by {@link keepMask} for `(seed, stream)`. */
  bernoulli(seed: Tensor, shape: Shape, p: number, stream: number): Tensor {
    return this.apply('bernoulli', [seed], { shape, p, stream });
  }
  /** Sets elements to 0 with probability `p` and scales the rest by `1 / (1 − p)`. `seed` is a scalar i32. */
  dropout(x: Tensor, seed: Tensor, p: number, stream: number): Tensor {
    return p === 0 ? x : this.apply('dropout', [x, seed], { p, stream });
  }
}
