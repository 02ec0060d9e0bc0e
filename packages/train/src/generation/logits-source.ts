import {
  GraphBuilder,
  hostTensor,
  type Backend,
  type CausalLm,
  type HostTensors,
  type Program,
  type State,
  type Tensor,
} from '@attune/core';

/** Logits `f32[V]` after the last token of each sequence. Sequences only ever grow between calls. */
export type NextLogits = (sequences: readonly (readonly number[])[]) => Promise<readonly Float32Array[]>;

/** Where the logits of the next token come from. */
export interface LogitsSource {
  /**
   * Begins with other sequences: of what was computed for earlier ones, maybe with other parameters, nothing is used.
   * Those that were begun before may still go on.
   */
  begin(): NextLogits;
  dispose(): void;
}

/** The options of a source of logits. */
export interface LogitsOptions {
  readonly backend: Backend;
  readonly model: CausalLm;
  readonly state: State;
  readonly rows: number;
  /** Tokens of context. */
  readonly length: number;
}

/** Builds `x, … → logits f32[B, V]`. */
function logitsProgram(name: string, build: (g: GraphBuilder) => Tensor): Program {
  const g = new GraphBuilder(name);
  g.output('logits', build(g));
  return g.build();
}

const evaluation = { mode: 'eval' } as const;

/** Picks the hidden state of one token of each row: `f32[B, T, C]`, `last i32[B]` (counted over all rows) → `f32[B, C]`. */
function pick(g: GraphBuilder, hidden: Tensor, rows: number): Tensor {
  const last = g.feed('last', { shape: [rows], dtype: 'i32' });
  return g.gather(g.reshape(hidden, [-1, hidden.shape.at(-1)!]), last);
}

/** The last `length` tokens of each sequence, filled up with zeros on the right, and where each ends. */
function window(sequences: readonly (readonly number[])[], length: number): HostTensors {
  const rows = sequences.length;
  const x = new Int32Array(rows * length);
  const last = new Int32Array(rows);
  sequences.forEach((sequence, row) => {
    const context = sequence.slice(-length);
    x.set(context, row * length);
    last[row] = row * length + context.length - 1;
  });
  return { x: hostTensor('i32', [rows, length], x), last: hostTensor('i32', [rows], last) };
}

function rowsOf({ logits }: HostTensors): Float32Array[] {
  const [rows, width] = logits!.shape as [number, number];
  return Array.from({ length: rows }, (_, row) =>
    (logits!.data as Float32Array).subarray(row * width, (row + 1) * width),
  );
}

/** Computes the whole window again for every token, as nanoGPT does. Needs no memory beside the parameters. */
export async function windowLogits({
  backend,
  model,
  state,
  rows,
  length,
}: LogitsOptions): Promise<LogitsSource> {
  const program = await backend.compile(
    logitsProgram('window', (g) => {
      const x = g.feed('x', { shape: [rows, length], dtype: 'i32' });
      return model.head(g, pick(g, model.hiddenStates(g, { x }, evaluation), rows), evaluation);
    }),
    state,
  );
  return {
    begin: () => async (sequences) => rowsOf(await program.run(window(sequences, length))),
    dispose: () => program.dispose(),
  };
}

/**
 * Keeps keys and values: *prefill* reads the prompts, *decode* one token more of each row. A sequence that outgrows
 * `length` shifts under its positions, so that from there on its window is read anew for every token.
 */
export async function cachedLogits({
  backend,
  model,
  state,
  rows,
  length,
}: LogitsOptions): Promise<LogitsSource> {
  const caches = await state.extend(model.cacheSpecs(rows, length));
  const prefill = await backend.compile(
    logitsProgram('prefill', (g) => {
      const shape = [rows, length];
      const x = g.feed('x', { shape, dtype: 'i32' });
      const hidden = model.forwardCached(g, { x, positions: g.iota(shape, 1), length }, evaluation);
      return model.head(g, pick(g, hidden, rows), evaluation);
    }),
    caches,
  );
  const decode = await backend.compile(
    logitsProgram('decode', (g) => {
      const spec = { shape: [rows, 1], dtype: 'i32' } as const;
      const [x, positions] = [g.feed('x', spec), g.feed('positions', spec)];
      const hidden = model.forwardCached(g, { x, positions, length }, evaluation);
      return model.head(g, g.reshape(hidden, [rows, -1]), evaluation);
    }),
    caches,
  );
  /** Whose keys and values the cache holds. */
  let holder: NextLogits | undefined;

  function begin(): NextLogits {
    /** How much of each sequence is cached. */
    let cached: readonly number[] = [];
    const next: NextLogits = async (sequences) => {
      const lengths = sequences.map((sequence) => sequence.length);
      const goesOn =
        holder === next && lengths.every((tokens, row) => tokens <= length && tokens - cached[row]! <= 1);
      holder = next;
      cached = lengths;
      if (!goesOn) return rowsOf(await prefill.run(window(sequences, length)));
      // A row that has not grown is read again at its last position, which changes nothing.
      const last = sequences.map((sequence) => sequence.at(-1)!);
      const positions = lengths.map((tokens) => tokens - 1);
      return rowsOf(
        await decode.run({
          x: hostTensor('i32', [rows, 1], last),
          positions: hostTensor('i32', [rows, 1], positions),
        }),
      );
    };
    return next;
  }

  return {
    begin,
    dispose() {
      prefill.dispose();
      decode.dispose();
      caches.dispose();
    },
  };
}
