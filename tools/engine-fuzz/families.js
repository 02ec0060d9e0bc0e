/**
 * Families of programs. Each takes a Chance and returns a case of the conformance kit: inputs, and what is computed of them. `smooth`
 * is set where gradients are compared; `outside` is true of cases with indices that may lie outside of their tables, `plain` of
 * those without NaN and infinities. Together they reach every kernel; the fuzz fails where one is never called.
 */
import { FixedKvCache } from '@attune/nn';
import { expression } from './elementwise.js';

const f32 = (shape, range) => ({ shape, dtype: 'f32', ...(range && { range }) });
const i32 = (shape, range) => ({ shape, dtype: 'i32', range });
const bool = (shape) => ({ shape, dtype: 'bool' });
const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);
const lastTwo = (rank) => [...Array(rank - 2).keys(), rank - 1, rank - 2];

/** Now and then large enough for several tasks. */
const elements = (chance) => (chance.is(0.1) ? 140_000 : chance.pick([40, 600, 5000]));

function chains(chance, smooth) {
  const shape = chance.shape(4, elements(chance));
  const inputs = { x: f32(shape, [-2, 2]) };
  for (let i = chance.below(4); i > 0; i--) inputs[`y${i}`] = f32(chance.narrowed(shape));
  const count = chance.between(1, 14);
  const folds = chance.is(0.3);
  return {
    inputs,
    compute: (g, { x, ...others }) => {
      const wide = Object.values(others).map((y) => (chance.is(0.2) ? g.broadcastTo(y, shape) : y));
      const y = expression(chance, g, x, wide, count, smooth);
      return folds ? g.sum(y) : y;
    },
  };
}

/** Weights in a storage type: cast, multiplied by, looked up in. */
function storage(chance) {
  const dtype = chance.pick(['bf16', 'f16']);
  const [m, n, k] = [chance.length(40), chance.length(90), chance.length(130)];
  const transposeB = chance.is(0.6);
  const count = chance.length(30);
  const kind = chance.below(3);
  return {
    inputs: {
      ...{ a: f32([m, k]), b: f32(transposeB ? [n, k] : [k, n], [-0.5, 0.5]), bias: f32([n]) },
      ...{ table: f32([n + 1, k]), ids: i32([count], [0, n + 1]) },
    },
    wrt: ['a', 'bias'],
    compute: (g, { a, b, bias, table, ids }) => {
      const widened = (x) => g.cast(g.cast(x, dtype), 'f32');
      const y = g.add(g.matmul(a, widened(b), { transposeB }), bias);
      if (kind === 0) return g.gelu(y, 'tanh');
      if (kind === 1) return [y, g.gather(widened(table), ids)];
      return [y, widened(b)];
    },
  };
}

/** Comparisons, bools, whole numbers and casts: of inputs, which are the same on both sides. */
function logic(chance) {
  const shape = chance.shape(4, elements(chance));
  const part = () => chance.narrowed(shape);
  const inputs = {
    ...{ x: f32(shape, [-3, 3]), y: f32(part(), [-3, 3]) },
    ...{ i: i32(shape, [-9, 9]), j: i32(part(), [-9, 9]), p: bool(shape), q: bool(part()) },
  };
  return {
    inputs,
    wrt: [],
    compute: (g, { x, y, i, j, p, q }) => {
      const compare = chance.pick(['less', 'lessEqual', 'equal']);
      const whole = chance.pick([
        () => g.add(i, j),
        () => g.mul(i, j),
        () => g.sub(i, j),
        () => g.maximum(i, j),
        () => g.minimum(i, j),
      ]);
      const condition = chance.pick([
        () => g[compare](x, y),
        () => g[compare](i, j),
        () => g.logicalAnd(p, q),
        () => g.logicalAnd(g.logicalNot(q), g[compare](x, y)),
        () => p,
      ])();
      return [
        condition,
        whole(),
        ...(chance.is(0.5) ? [g.select(condition, x, y)] : []),
        ...(chance.is(0.5) ? [g.cast(x, 'i32'), g.cast(condition, 'f32')] : []),
        ...(chance.is(0.5) ? [g.cast(i, 'f32'), g.cast(p, 'i32'), g.cast(i, 'bool')] : []),
      ];
    },
  };
}

/** Movements of any kind one after the other. */
function movements(chance) {
  const dtype = chance.pick(['f32', 'f32', 'i32', 'bool']);
  const shape = chance.shape(4, elements(chance));
  const input = { shape, dtype, ...(dtype === 'i32' && { range: [-99, 99] }) };
  const moves = chance.between(1, 4);
  const moved = (g, x) => {
    const axes = x.shape.length;
    const kind = chance.below(dtype === 'bool' ? 4 : 6);
    if (kind === 0) return g.transpose(x, chance.order(axes));
    if (kind === 1) {
      const starts = x.shape.map((length) => chance.below(length + 1));
      return g.slice(
        x,
        starts,
        x.shape.map((length, i) => chance.between(0, length - starts[i]) || Math.min(1, length - starts[i])),
      );
    }
    if (kind === 2) {
      if (axes < 6 && chance.is(0.5)) return g.broadcastTo(x, [chance.between(1, 3), ...x.shape]);
      return g.broadcastTo(g.reshape(x, [...x.shape, 1]), [...x.shape, chance.length(9)]);
    }
    if (kind === 3)
      return g.reshape(
        x,
        chance.is(0.5) ? [sizeOf(x.shape)] : [...x.shape.slice(0, 1), sizeOf(x.shape.slice(1))],
      );
    if (kind === 4) return g.pad(x, ...[0, 1].map(() => x.shape.map(() => chance.below(3))));
    return g.concat(
      chance.is(0.5) ? [x, x] : [x, g.transpose(g.transpose(x, lastFirst(axes)), firstLast(axes)), x],
      chance.below(axes),
    );
  };
  const lastFirst = (axes) => [axes - 1, ...Array(axes - 1).keys()];
  const firstLast = (axes) => [...Array(axes - 1).keys()].map((axis) => axis + 1).concat(0);
  return {
    inputs: { x: input },
    compute: (g, { x }) => {
      let y = x;
      for (let i = 0; i < moves && y.shape.length <= 5 && sizeOf(y.shape) < 400_000; i++) y = moved(g, y);
      return chance.is(0.3) && dtype === 'f32' ? g.mul(y, 0.5) : y;
    },
  };
}

function reductions(chance, smooth) {
  const shape = chance.shape(4, elements(chance));
  const axes = chance.order(shape.length).slice(0, chance.between(1, shape.length));
  const largest = !smooth && chance.is(0.4);
  const keep = chance.is(0.5);
  const inner = chance.below(3);
  return {
    inputs: { x: f32(shape) },
    compute: (g, { x }) => {
      const y = expression(chance, g, x, [], inner, smooth);
      return largest ? g.max(y, axes, keep) : g.sum(y, axes, keep);
    },
  };
}

function products(chance, smooth) {
  const large = chance.is(0.15);
  const most = large ? 400 : 70;
  const [m, n, k] = chance.is(0.2)
    ? [chance.between(1, 6), chance.length(large ? 2000 : 300), chance.length(large ? 1500 : 300)]
    : [chance.length(most), chance.length(most), chance.length(large ? 600 : 140)];
  const batch = large ? [] : [...Array(chance.below(3))].map(() => chance.between(1, 3));
  const [transposeA, transposeB] = [chance.is(0.5), chance.is(0.5)];
  const shared = chance.is(0.5);
  const a = [...batch, ...(transposeA ? [k, m] : [m, k])];
  const b = [...(shared ? [] : batch), ...(transposeB ? [n, k] : [k, n])];
  const [bias, residual, activation] = [chance.is(0.5), chance.is(0.3), chance.below(smooth ? 4 : 5)];
  // Flags, or a transpose of its own that the rules take along.
  const [ownA, ownB] = [chance.is(0.3), chance.is(0.3)];
  const turned = (g, x) => g.transpose(x, lastTwo(x.shape.length));
  return {
    inputs: {
      ...{ a: f32(a), b: f32(b, [-0.5, 0.5]) },
      ...(bias && { bias: f32([n]) }),
      ...(residual && { residual: f32([...batch, m, n]) }),
    },
    compute: (g, inputs) => {
      const left = transposeA && ownA ? turned(g, inputs.a) : inputs.a;
      const right = transposeB && ownB ? turned(g, inputs.b) : inputs.b;
      let y = g.matmul(left, right, { transposeA: transposeA && !ownA, transposeB: transposeB && !ownB });
      if (bias) y = g.add(y, inputs.bias);
      y = [() => y, () => g.gelu(y, 'tanh'), () => g.gelu(y), () => g.silu(y), () => g.relu(y)][activation]();
      return residual ? g.add(y, inputs.residual) : y;
    },
  };
}

function indexing(chance) {
  const [rows, width, count] = [chance.length(300, { empty: 0 }), chance.length(130), chance.length(200)];
  const outside = chance.is(0.05) ? chance.between(1, 2) : 0;
  const shape = chance.is(0.5) ? [count] : [chance.between(1, 3), count];
  const inputs = {
    table: f32([rows, width]),
    ids: i32(shape, [outside === 1 ? -2 : 0, rows + (outside === 2 ? 3 : 0)]),
  };
  const scatters = chance.is(0.5);
  return scatters
    ? {
        outside: outside > 0,
        inputs: { ids: inputs.ids, updates: f32([...shape, width]), base: f32([rows, width]) },
        compute: (g, { ids, updates, base }) => {
          const added = g.scatterAdd(ids, updates, rows);
          return chance.is(0.5) ? g.add(added, base) : [added, g.mul(base, 2)];
        },
      }
    : { outside: outside > 0, inputs, compute: (g, { table, ids }) => g.gather(table, ids) };
}

function norms(chance, smooth) {
  const width = chance.length(1100, { empty: 0 });
  const shape = [...[...Array(chance.between(0, 2))].map(() => chance.length(width > 300 ? 5 : 20)), width];
  const [bias, root, residual] = [chance.is(0.5), chance.is(0.4), chance.is(0.4)];
  return {
    inputs: {
      ...{ x: f32(shape, [-2, 2]), weight: f32([width], [0.5, 1.5]) },
      ...(bias && !root && { bias: f32([width]) }),
    },
    // A row of two or fewer has no spread to speak of, or one that cancels.
    ...(width < 8 && { wrt: [] }),
    compute: (g, { x, weight, bias: b }) => {
      const y = root ? g.rmsNorm(x, weight, 1e-3) : g.layerNorm(x, weight, b, 1e-3);
      return residual ? g.add(x, smooth ? g.tanh(y) : y) : y;
    },
  };
}

function softmaxes(chance) {
  const shape = [
    ...[...Array(chance.below(3))].map(() => chance.length(9)),
    chance.length(1500, { empty: 0 }),
  ];
  const range = chance.pick([
    [-4, 4],
    [-1, 1],
    [90, 94],
  ]);
  const op = chance.pick(['softmax', 'logSoftmax']);
  return {
    inputs: { x: f32(shape, range) },
    ...(range[0] === 90 && { wrt: [] }),
    compute: (g, { x }) => g[op](x),
  };
}

function crossEntropies(chance) {
  const [rows, vocabulary] = [chance.length(40), chance.length(700, { empty: 0 })];
  const outside = chance.is(0.05) ? 2 : 0;
  const targets = i32([rows], [0, vocabulary + outside]);
  const ignoreIndex = chance.is(0.5) ? 0 : -100;
  if (chance.is(0.5)) {
    return {
      outside: outside > 0,
      inputs: { logits: f32([rows, vocabulary], [-3, 3]), targets },
      compute: (g, { logits, targets: y }) => g.softmaxCrossEntropy(logits, y, ignoreIndex),
    };
  }
  const width = chance.length(70, { empty: 0 });
  const chunk = chance.between(1, rows + 3);
  return {
    outside: outside > 0,
    inputs: {
      ...{ hidden: f32([rows, width], [-1, 1]), weight: f32([vocabulary, width]) },
      ...{ targets, lossWeights: f32([rows], [0, 1]) },
    },
    compute: (g, { hidden, weight, targets: y, lossWeights }) =>
      g.linearCrossEntropy(hidden, weight, y, lossWeights, { chunk, ignoreIndex }),
  };
}

function ropes(chance) {
  const [length, half] = [chance.length(40), chance.length(40, { empty: 0 })];
  const leading = [...Array(chance.below(3))].map(() => chance.between(1, 3));
  const angles = [length, chance.is(0.2) ? 1 : half];
  return {
    inputs: { x: f32([...leading, length, 2 * half]), cos: f32(angles), sin: f32(angles) },
    wrt: ['x'],
    compute: (g, { x, cos, sin }) => g.rope(x, cos, sin),
  };
}

/** From rows of tokens to heads and back, or heads as they are; keys that several heads share. */
function attentions(chance) {
  const [batch, own, shared] = [chance.between(1, 2), chance.between(1, 3), chance.pick([1, 1, 2])];
  const heads = own * shared;
  const [length, width] = [
    chance.length(chance.is(0.2) ? 140 : 40),
    chance.length(chance.is(0.1) ? 140 : 70, { empty: 0 }),
  ];
  const causal = chance.is(0.7);
  const rows = chance.is(0.6);
  const shape = (n) => (rows ? [batch, length, n * width] : [batch, n, length, width]);
  const split = (g, x, n) => (rows ? g.transpose(g.reshape(x, [batch, length, n, width]), [0, 2, 1, 3]) : x);
  const repeat = (g, x) =>
    shared === 1
      ? x
      : g.reshape(
          g.broadcastTo(g.reshape(x, [batch, own, 1, length, width]), [batch, own, shared, length, width]),
          [batch, heads, length, width],
        );
  return {
    plain: causal,
    inputs: { q: f32(shape(heads)), k: f32(shape(own)), v: f32(shape(own)) },
    compute: (g, { q, k, v }) => {
      const y = g.attention(split(g, q, heads), repeat(g, split(g, k, own)), repeat(g, split(g, v, own)), {
        causal,
      });
      return rows ? g.reshape(g.transpose(y, [0, 2, 1, 3]), [batch, length, heads * width]) : y;
    },
  };
}

/** Tokens that attend to a cache that lies in the state: of all its rows or of some, one each or several, padding among them. */
function decoding(chance) {
  const [of, own, shared] = [chance.between(1, 4), chance.between(1, 3), chance.between(1, 3)];
  const [length, width] = [chance.length(130, { empty: 0 }), chance.length(70, { empty: 0 })];
  const tokens = chance.is(0.5) ? 1 : chance.between(1, Math.min(length, 40));
  const some = chance.is(0.4);
  const batch = some ? chance.between(1, of) : of;
  const window = chance.is(0.3) ? chance.between(1, length) : undefined;
  const rows = (n) => f32([batch, tokens, n * width]);
  const first = Array.from({ length: batch }, () => chance.below(length - tokens + 1));
  const padding = chance.is(0.2);
  const positions = first.flatMap((start) =>
    Array.from({ length: tokens }, (_, i) => (padding && i > 0 && i > tokens - 3 ? -1 : start + i)),
  );
  return {
    // Of scores that are all infinite, the definition weighs masked columns as well.
    plain: true,
    inputs: {
      ...{ q: rows(own * shared), k: rows(own), v: rows(own) },
      positions: { shape: [batch, tokens], dtype: 'i32', values: positions },
      ...(some && { index: { shape: [batch], dtype: 'i32', values: chance.order(of).slice(0, batch) } }),
    },
    wrt: [],
    compute: (g, { q, k, v, positions: places, index }) => {
      const split = (x, n) => g.transpose(g.reshape(x, [batch, tokens, n, width]), [0, 2, 1, 3]);
      const cache = new FixedKvCache(places, length, index && { index, of });
      const inputs = { path: 'attn', q: split(q, own * shared), k: split(k, own), v: split(v, own) };
      return cache.attend(g, window ? { ...inputs, window } : inputs);
    },
  };
}

function masks(chance) {
  const shape = chance.shape(3, elements(chance));
  const [p, stream] = [chance.pick([0, 0.1, 0.5, 0.99]), chance.below(9)];
  return {
    inputs: { x: f32(shape), seed: i32([], [-(2 ** 31), 2 ** 31]) },
    wrt: p < 0.9 ? ['x'] : [],
    compute: (g, { x, seed }) =>
      [g.dropout(x, seed, p, stream), g.bernoulli(seed, shape, p, stream + 1)].slice(0, chance.between(1, 2)),
  };
}

/** Updates of the state: in place, swapped, clipped AdamW behind a guard, old values among the outputs. */
function updates(chance) {
  const shape = chance.shape(2, elements(chance), { empty: 0.03 });
  const spec = { shape, dtype: 'f32' };
  const kind = chance.below(3);
  const attrs = { beta1: 0.9, beta2: 0.95, epsilon: 1e-3, weightDecay: chance.pick([0, 0.1]) };
  return {
    inputs: {
      grad: f32(shape),
      ...Object.fromEntries(['lr', 'c1', 'c2'].map((name) => [name, f32([], [0.1, 0.9])])),
    },
    wrt: [],
    compute: (g, { grad, lr, c1, c2 }) => {
      const state = (name) => g.state(name, spec);
      if (kind === 0) {
        const [a, b] = [state('a'), state('b')];
        g.update('a', chance.is(0.5) ? b : g.add(b, grad));
        g.update('b', a);
        return [a, g.mul(b, lr)];
      }
      if (kind === 1) {
        g.update('a', g.add(state('a'), g.mul(grad, lr)));
        return g.sum(grad);
      }
      const norm = g.sqrt(g.add(g.sum(g.square(grad)), 1e-6));
      const clipped = g.mul(grad, g.minimum(g.div(0.5, norm), 1));
      const updated = g.applyAll(
        'adamW',
        [state('p'), clipped, state('m'), g.square(state('v')), lr, c1, c2],
        attrs,
      );
      ['p', 'm', 'v'].forEach((name, i) => g.update(name, updated[i]));
      g.guard('passes', g.less(lr, 0.8));
      return norm;
    },
  };
}

function images(chance) {
  const [batch, channels, made] = [chance.between(1, 3), chance.between(1, 4), chance.between(1, 5)];
  const [height, width] = [chance.between(3, 17), chance.between(3, 17)];
  const kernel = [chance.between(1, 3), chance.between(1, 3)];
  const options = { stride: chance.between(1, 3), padding: chance.below(2) };
  return chance.pick([
    {
      inputs: { x: f32([batch, channels, height, width]), weight: f32([made, channels, ...kernel]) },
      compute: (g, { x, weight }) => g.conv2d(x, weight, options),
    },
    {
      inputs: { x: f32([batch, channels, height, width]) },
      compute: (g, { x }) => g[chance.pick(['avgPool2d', 'maxPool2d'])](x, chance.between(1, 3)),
    },
    {
      inputs: {
        x: f32([batch + 1, channels, height]),
        weight: f32([channels], [0.5, 1.5]),
        bias: f32([channels]),
      },
      compute: (g, { x, weight, bias }) => g.batchNorm(x, weight, bias, 1e-3).y,
    },
  ]);
}

/** A block of a model, in a row: ops of several families that rules may join. */
function blocks(chance) {
  const [batch, length, heads] = [chance.between(1, 2), chance.length(20), chance.between(1, 3)];
  const width = heads * 2 * chance.between(1, 9);
  const head = width / heads;
  const hidden = chance.length(60, { empty: 0 });
  return {
    plain: true,
    inputs: {
      ...{ x: f32([batch, length, width]), weight: f32([width], [0.5, 1.5]) },
      ...{
        qkv: f32([width, 3 * width], [-0.3, 0.3]),
        up: f32([width, hidden], [-0.3, 0.3]),
        down: f32([hidden, width], [-0.3, 0.3]),
      },
      ...{ b: f32([hidden]), cos: f32([length, head / 2]), sin: f32([length, head / 2]) },
    },
    wrt: ['x', 'weight', 'qkv', 'up', 'down', 'b'],
    compute: (g, { x, weight, qkv, up, down, b, cos, sin }) => {
      const y = g.matmul(g.rmsNorm(x, weight, 1e-3), qkv);
      const part = (i) =>
        g.transpose(
          g.reshape(g.slice(y, [0, 0, i * width], [batch, length, width]), [batch, length, heads, head]),
          [0, 2, 1, 3],
        );
      const turned = (t) => g.rope(t, cos, sin);
      const attended = g.attention(turned(part(0)), turned(part(1)), part(2));
      const joined = g.add(x, g.reshape(g.transpose(attended, [0, 2, 1, 3]), [batch, length, width]));
      return g.add(joined, g.matmul(g.gelu(g.add(g.matmul(joined, up), b), 'tanh'), down));
    },
  };
}

/** Every family, by name. */
export const families = {
  ...{ chains, logic, movements, reductions, products, indexing, norms, softmaxes, crossEntropies, ropes },
  ...{ attentions, decoding, masks, updates, images, blocks, storage },
};
