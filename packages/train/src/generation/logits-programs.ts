import {
  GraphBuilder,
  hostTensor,
  type CausalLm,
  type HostTensors,
  type Program,
  type Tensor,
} from '@attune/core';

const evaluation = { mode: 'eval' } as const;

/** Builds `x, … → logits f32[n, V]`. */
function logitsProgram(name: string, build: (g: GraphBuilder) => Tensor): Program {
  const g = new GraphBuilder(name);
  g.output('logits', build(g));
  return g.build();
}

/** Picks the hidden state of one token of each row: `f32[n, T, C]`, `last i32[n]` (counted over all rows) → `f32[n, C]`. */
function pick(g: GraphBuilder, hidden: Tensor, rows: number): Tensor {
  const last = g.feed('last', { shape: [rows], dtype: 'i32' });
  return g.gather(g.reshape(hidden, [-1, hidden.shape.at(-1)!]), last);
}

/** The logits of each row of a result. */
export function rowsOf({ logits }: HostTensors): Float32Array[] {
  const [rows, width] = logits!.shape as [number, number];
  return Array.from({ length: rows }, (_, row) =>
    (logits!.data as Float32Array).subarray(row * width, (row + 1) * width),
  );
}

/** Reads a whole window of every row, without a cache. */
export function windowProgram(model: CausalLm, rows: number, length: number): Program {
  return logitsProgram('window', (g) => {
    const x = g.feed('x', { shape: [rows, length], dtype: 'i32' });
    return model.head(g, pick(g, model.hiddenStates(g, { x }, evaluation), rows), evaluation);
  });
}

/** The last `length` tokens of each sequence, filled up with zeros on the right, and where each ends. */
export function windowFeeds(
  sequences: readonly (readonly number[])[],
  { rows, length }: { readonly rows: number; readonly length: number },
): HostTensors {
  const x = new Int32Array(rows * length);
  const last = new Int32Array(rows);
  sequences.forEach((sequence, row) => {
    const context = sequence.slice(-length);
    x.set(context, row * length);
    last[row] = row * length + context.length - 1;
  });
  return { x: hostTensor('i32', [rows, length], x), last: hostTensor('i32', [rows], last) };
}

/** New tokens of a row, from a position on. */
export interface Entry {
  readonly row: number;
  readonly tokens: readonly number[];
  readonly start: number;
}

/** The size of a run over cached rows. */
export interface RunSize {
  /** Rows that it reads tokens of, of so many that there are. Where it is all, each has its place; else they are named. */
  readonly entries: number;
  readonly rows: number;
  /** Tokens of each. */
  readonly tokens: number;
}

/** Reads new tokens of some rows, beside what is cached. */
export function cachedProgram(
  model: CausalLm,
  { entries, rows, tokens, length }: RunSize & { readonly length: number },
): Program {
  return logitsProgram(tokens === 1 ? 'decode' : 'prefill', (g) => {
    const spec = { shape: [entries, tokens], dtype: 'i32' } as const;
    const [x, positions] = [g.feed('x', spec), g.feed('positions', spec)];
    const index = entries === rows ? undefined : g.feed('rows', { shape: [entries], dtype: 'i32' });
    const inputs = { x, positions, length, ...(index && { rows: { index, of: rows } }) };
    const hidden = model.forwardCached(g, inputs, evaluation);
    const last = tokens === 1 ? g.reshape(hidden, [entries, -1]) : pick(g, hidden, entries);
    return model.head(g, last, evaluation);
  });
}

/** The feeds of {@link cachedProgram}. Whatever is left over is padding. */
export function cachedFeeds(given: readonly Entry[], { entries, rows, tokens }: RunSize): HostTensors {
  const shape = [entries, tokens];
  const x = new Int32Array(entries * tokens);
  const positions = new Int32Array(entries * tokens).fill(-1);
  const index = new Int32Array(entries);
  const last = new Int32Array(entries);
  given.forEach(({ row, tokens: own, start }, i) => {
    const place = entries === rows ? row : i;
    index[place] = row;
    last[place] = place * tokens + own.length - 1;
    own.forEach((token, t) => {
      x[place * tokens + t] = token;
      positions[place * tokens + t] = start + t;
    });
  });
  return {
    x: hostTensor('i32', shape, x),
    positions: hostTensor('i32', shape, positions),
    ...(entries !== rows && { rows: hostTensor('i32', [entries], index) }),
    ...(tokens > 1 && { last: hostTensor('i32', [entries], last) }),
  };
}
