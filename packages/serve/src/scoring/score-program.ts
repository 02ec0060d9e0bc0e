import { GraphBuilder, MAX_F32, type CausalLm, type Program, type Tensor } from '@attune/core';

const evaluation = { mode: 'eval' } as const;

/** Logits that are on the device at once: 16 MB of them, and a few times that of what is made of them. */
const LOGITS_AT_ONCE = 2 ** 22;

/** The parts of rows of logits that are kept: `picked f32[n]`, and of the most likely tokens `values f32[n, k]`, `indices f32[n, k]`. */
interface Scores {
  readonly picked: Tensor;
  readonly values: readonly Tensor[];
  readonly indices: readonly Tensor[];
}

/**
 * The log-probability of each row's target, and the `top` largest, the first of equals first: `logits f32[n, V]`,
 * `targets i32[n]`. Each of them is taken from one table, so that a target that is the most likely token has the same bits.
 */
function scoresOf(g: GraphBuilder, logits: Tensor, targets: Tensor, top: number): Scores {
  const [rows, width] = logits.shape as [number, number];
  const table = g.logSoftmax(logits);
  const places = g.iota([width]);
  const own = g.equal(g.reshape(targets, [rows, 1]), places); // [n, V]
  const picked = g.sum(g.select(own, table, 0), [-1]);
  const [values, indices]: Tensor[][] = [[], []];
  // Negative, so that the largest is the first: exact in f32 below 2^24 tokens.
  const order = g.neg(g.cast(places, 'f32'));
  let left = table;
  for (let i = 0; i < top; i++) {
    const largest = g.max(left, [-1], true); // [n, 1]
    const place = g.max(g.select(g.equal(left, largest), order, -width), [-1], true); // [n, 1]
    values!.push(largest);
    indices!.push(g.neg(place));
    if (i + 1 < top) left = g.select(g.equal(order, place), -MAX_F32, left);
  }
  return { picked, values: values!, indices: indices! };
}

/**
 * Scores every token of a text by those before it: `x i32[1, T]`, `y i32[T − 1]` → `picked f32[T − 1]`, and, with `top`,
 * `values`, `indices f32[T − 1, top]`. Logits are made, and left on the device, for some positions at a time.
 */
export function scoreProgram(model: CausalLm, length: number, top: number): Program {
  const g = new GraphBuilder('score');
  const x = g.feed('x', { shape: [1, length], dtype: 'i32' });
  const count = length - 1;
  const y = g.feed('y', { shape: [count], dtype: 'i32' });
  const hidden = model.hiddenStates(g, { x }, evaluation); // [1, T, C]
  const rows = g.reshape(hidden, [length, -1]);
  const width = hidden.shape.at(-1)!;
  const chunk = Math.max(1, Math.floor(LOGITS_AT_ONCE / model.config.vocabSize));
  const chunks: Scores[] = [];
  for (let start = 0; start < count; start += chunk) {
    const size = Math.min(chunk, count - start);
    const logits = model.head(g, g.slice(rows, [start, 0], [size, width]), evaluation);
    chunks.push(scoresOf(g, logits, g.slice(y, [start], [size]), top));
  }
  const joined = (part: (scores: Scores) => Tensor) => g.concat(chunks.map(part), 0);
  g.output(
    'picked',
    joined(({ picked }) => picked),
  );
  if (top > 0) {
    g.output(
      'values',
      joined(({ values }) => g.concat(values, -1)),
    );
    g.output(
      'indices',
      joined(({ indices }) => g.concat(indices, -1)),
    );
  }
  return g.build();
}
