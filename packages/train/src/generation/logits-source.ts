import {
  GraphBuilder,
  hostTensor,
  type Backend,
  type DecoderModel,
  type HostTensors,
  type Program,
  type State,
  type Tensor,
} from '@attune/core';

/** Where the logits of the next token come from. */
export interface LogitsSource {
  /** Logits `f32[V]` after the last token of each sequence. Sequences only ever grow between calls. */
  next(sequences: readonly (readonly number[])[]): Promise<readonly Float32Array[]>;
  dispose(): void;
}

/** Builds `x, … → logits f32[B, V]` in `eval()` mode. */
function inEvalMode(name: string, model: DecoderModel, build: (g: GraphBuilder) => Tensor): Program {
  const wasTraining = model.training;
  model.eval();
  const g = new GraphBuilder(name);
  g.output('logits', build(g));
  if (wasTraining) model.train();
  return g.build();
}

/** Picks the hidden state of one token of each row: `f32[B, T, C]`, `last i32[B]` (counted over all rows) → `f32[B, C]`. */
function pick(g: GraphBuilder, hidden: Tensor, rows: number): Tensor {
  const last = g.feed('last', { shape: [rows], dtype: 'i32' });
  return g.gather(g.reshape(hidden, [-1, hidden.shape.at(-1)!]), last);
}

/** The last `blockSize` tokens of each sequence, filled up with zeros on the right, and where each ends. */
function window(sequences: readonly (readonly number[])[], blockSize: number): HostTensors {
  const rows = sequences.length;
  const x = new Int32Array(rows * blockSize);
  const last = new Int32Array(rows);
  sequences.forEach((sequence, row) => {
    const context = sequence.slice(-blockSize);
    x.set(context, row * blockSize);
    last[row] = row * blockSize + context.length - 1;
  });
  return { x: hostTensor('i32', [rows, blockSize], x), last: hostTensor('i32', [rows], last) };
}

function rowsOf({ logits }: HostTensors): Float32Array[] {
  const [rows, width] = logits!.shape as [number, number];
  return Array.from({ length: rows }, (_, row) =>
    (logits!.data as Float32Array).subarray(row * width, (row + 1) * width),
  );
}

/** Computes the whole window again for every token, as nanoGPT does. Needs no memory beside the parameters. */
export async function windowLogits(
  backend: Backend,
  model: DecoderModel,
  state: State,
  rows: number,
): Promise<LogitsSource> {
  const { blockSize, vocabSize } = model.config;
  const program = await backend.compile(
    inEvalMode('window', model, (g) => {
      const { logits } = model.forward(g, { x: g.feed('x', { shape: [rows, blockSize], dtype: 'i32' }) });
      return pick(g, g.reshape(logits!, [rows, blockSize, vocabSize]), rows);
    }),
    state,
  );
  return {
    next: async (sequences) => rowsOf(await program.run(window(sequences, blockSize))),
    dispose: () => program.dispose(),
  };
}

/**
 * Keeps keys and values: *prefill* reads the prompts, *decode* one token more of each row. A sequence that outgrows
 * `blockSize` shifts under the learned positions, so that from there on its window is read anew for every token.
 */
export async function cachedLogits(
  backend: Backend,
  model: DecoderModel,
  state: State,
  rows: number,
): Promise<LogitsSource> {
  const { blockSize } = model.config;
  const caches = await state.extend(model.cacheSpecs(rows));
  const prefill = await backend.compile(
    inEvalMode('prefill', model, (g) => {
      const shape = [rows, blockSize];
      const x = g.feed('x', { shape, dtype: 'i32' });
      return model.head(g, pick(g, model.forwardCached(g, { x, positions: g.iota(shape, 1) }), rows));
    }),
    caches,
  );
  const decode = await backend.compile(
    inEvalMode('decode', model, (g) => {
      const spec = { shape: [rows, 1], dtype: 'i32' } as const;
      const hidden = model.forwardCached(g, { x: g.feed('x', spec), positions: g.feed('positions', spec) });
      return model.head(g, g.reshape(hidden, [rows, -1]));
    }),
    caches,
  );
  /** How much of each sequence is cached. */
  let cached: number[] | undefined;
  return {
    async next(sequences) {
      const lengths = sequences.map((sequence) => sequence.length);
      const before = cached;
      cached = lengths;
      const oneMore = before?.every((length, row) => lengths[row]! - length <= 1) ?? false;
      if (!oneMore || lengths.some((length) => length > blockSize)) {
        return rowsOf(await prefill.run(window(sequences, blockSize)));
      }
      // A row that has not grown is read again at its last position, which changes nothing.
      const last = sequences.map((sequence) => sequence.at(-1)!);
      return rowsOf(
        await decode.run({
          x: hostTensor('i32', [rows, 1], last),
          positions: hostTensor(
            'i32',
            [rows, 1],
            lengths.map((length) => length - 1),
          ),
        }),
      );
    },
    dispose() {
      prefill.dispose();
      decode.dispose();
      caches.dispose();
    },
  };
}
