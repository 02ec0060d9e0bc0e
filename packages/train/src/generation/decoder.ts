import { AttuneError, type Backend, type CausalLm, type Executable, type State } from '@attune/core';
import { bucketOf, chunksOf } from './chunks.js';
import { cachedFeeds, cachedProgram, rowsOf, type Entry } from './logits-programs.js';

/** The tokens of a row so far. */
export interface RowTokens {
  readonly row: number;
  readonly tokens: readonly number[];
}

/** Options of {@link createDecoder}. */
export interface DecoderOptions {
  readonly backend: Backend;
  readonly model: CausalLm;
  /** Holds the model's parameters. */
  readonly state: State;
  /** Sequences that keys and values are kept for. Default 1. */
  readonly rows?: number;
  /** Tokens of each sequence that are kept, at most the model's `blockSize`, which is the default. */
  readonly contextLength?: number;
}

/**
 * Logits of the next token, for rows that begin, go on and end independently of each other, at positions of their own: what
 * generation, and a server that answers many at once, is built on. Keys and values of a row's tokens are kept, so that only
 * what is new is read: by *prefill*, up to 256 tokens of a row at a time, or, where it is one token, by *decode*, for all
 * such rows in one run.
 *
 * A row's logits do not depend on the other rows: to the bit on attune's own engine (up to 16 rows), to rounding elsewhere.
 */
export interface Decoder {
  readonly rows: number;
  readonly contextLength: number;
  /**
   * Logits `f32[V]` after the last token of each of some rows' sequences, in their order. A sequence may be any; what it has
   * in common with the row's last one, from the beginning, is not read again, whatever came in between. Of a sequence longer
   * than `contextLength`, the last tokens count: they shift under their positions, and are read anew for every token.
   *
   * A long prompt holds up other rows' next tokens while it is read. To let them take turns, pass its beginning first, 256
   * tokens more with each call, and leave those logits alone.
   *
   * Calls are carried out in order, one after the other.
   *
   * @throws AttuneError INVALID_ARGUMENT for a row that is not there, or twice; DATA_TOO_SHORT for an empty sequence.
   */
  next(texts: readonly RowTokens[]): Promise<readonly Float32Array[]>;
  /**
   * Forgets what rows hold, by default all of them and all of it: after parameters have changed, nothing kept may be used.
   *
   * @param from the first token that is forgotten. Default 0.
   */
  forget(row?: number, from?: number): void;
  dispose(): void;
}

/** The length of the context that options ask for. @throws AttuneError INVALID_CONFIG. */
export function contextOf({ model, contextLength = Infinity }: DecoderOptions): number {
  const length = Math.min(contextLength, model.config.blockSize);
  if (Number.isInteger(length) && length > 0) return length;
  throw new AttuneError('INVALID_CONFIG', `contextLength must be a positive integer, but is ${length}.`);
}

/** @throws AttuneError INVALID_ARGUMENT, DATA_TOO_SHORT. */
export function checkTexts(texts: readonly RowTokens[], rows: number): void {
  const seen = new Set<number>();
  for (const { row, tokens } of texts) {
    if (!(Number.isInteger(row) && row >= 0 && row < rows)) {
      throw new AttuneError('INVALID_ARGUMENT', `Row ${row} is not one of the ${rows} that there are.`);
    }
    if (seen.has(row)) throw new AttuneError('INVALID_ARGUMENT', `Row ${row} is given twice.`);
    if (tokens.length === 0) throw new AttuneError('DATA_TOO_SHORT', `Row ${row} has no tokens.`);
    seen.add(row);
  }
}

/** The length of the longest common prefix of two sequences. */
function commonLength(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  for (let i = 0; i < most; i++) if (a[i] !== b[i]) return i;
  return most;
}

/** Creates a {@link Decoder}. Its cache takes memory for all rows at once; programs are compiled when they are first needed. */
export async function createDecoder(options: DecoderOptions): Promise<Decoder> {
  const { backend, model, state, rows = 1 } = options;
  const length = contextOf(options);
  const caches = await state.extend(model.cacheSpecs(rows, length));
  const programs = new Map<string, Promise<Executable>>();
  /** The tokens whose keys and values each row holds. */
  const held = Array.from({ length: rows }, (): number[] => []);
  let last: Promise<unknown> = Promise.resolve();

  function compiled(entries: number, tokens: number): Promise<Executable> {
    const key = `${entries} ${tokens}`;
    const known = programs.get(key);
    if (known) return known;
    const program = backend.compile(cachedProgram(model, { entries, tokens, rows, length }), caches);
    programs.set(key, program);
    return program;
  }

  async function run(entries: readonly Entry[], size: { readonly entries: number; readonly tokens: number }) {
    const program = await compiled(size.entries, size.tokens);
    return rowsOf(await program.run(cachedFeeds(entries, { ...size, rows })));
  }

  /** The logits after one token of each of some rows. Those that are missing from a whole number of rows are padding. */
  async function decode(entries: readonly Entry[]): Promise<Float32Array[]> {
    const size = bucketOf(entries.length, rows);
    // In a run of all rows, each has its place.
    const places = size === rows ? entries.map(({ row }) => row) : entries.map((_, i) => i);
    const logits = await run(entries, { entries: size, tokens: 1 });
    return places.map((place) => logits[place]!);
  }

  /** The logits after the last token of a row, whose others are read before it. */
  async function prefill({ row, tokens, start }: Entry): Promise<Float32Array> {
    let logits: Float32Array | undefined;
    for (const { from, to, size } of chunksOf(start, start + tokens.length, length)) {
      const chunk = { row, tokens: tokens.slice(from - start, to - start), start: from };
      const found = await run([chunk], { entries: 1, tokens: size });
      logits = found[0]!;
    }
    return logits!;
  }

  async function advance(texts: readonly RowTokens[]): Promise<Float32Array[]> {
    const entries = texts.map(({ row, tokens }): Entry => {
      const context = tokens.length > length ? tokens.slice(-length) : tokens;
      // The last token is read even if it is held: its logits are not.
      const start = Math.min(commonLength(held[row]!, context), context.length - 1);
      held[row]!.length = start;
      return { row, start, tokens: context.slice(start) };
    });
    const single = entries.filter(({ tokens }) => tokens.length === 1);
    const found = new Map<number, Float32Array>();
    for (const entry of entries) if (entry.tokens.length > 1) found.set(entry.row, await prefill(entry));
    if (single.length > 0) {
      const logits = await decode(single);
      single.forEach(({ row }, i) => found.set(row, logits[i]!));
    }
    for (const { row, tokens } of entries) held[row]!.push(...tokens);
    return entries.map(({ row }) => found.get(row)!);
  }

  function inOrder<T>(act: () => T | Promise<T>): Promise<T> {
    const done = last.then(act);
    last = done.catch(() => undefined);
    return done;
  }

  // What the program needs that there always is, is found out now.
  await compiled(rows, 1);
  return {
    rows,
    contextLength: length,
    async next(texts) {
      checkTexts(texts, rows);
      return inOrder(() => advance(texts));
    },
    forget(row, from = 0) {
      void inOrder(() =>
        held.forEach((tokens, i) => {
          if (row === undefined || row === i) tokens.length = Math.min(tokens.length, from);
        }),
      );
    },
    dispose() {
      for (const program of programs.values()) void program.then((done) => done.dispose());
      programs.clear();
      caches.dispose();
    },
  };
}
