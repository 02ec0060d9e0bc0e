import {
  AttuneError,
  hostTensor,
  type Backend,
  type CausalLm,
  type Executable,
  type HostTensor,
  type Program,
  type State,
} from '@attune/core';

/** A model on a device. */
export interface LoadedModel {
  readonly backend: Backend;
  readonly model: CausalLm;
  /** Holds the model's parameters. */
  readonly state: State;
}

/** The fewest tokens that a program reads. */
const SMALLEST_WINDOW = 8;

/** Programs that are kept compiled: each has memory of its own on the device. */
const MOST_PROGRAMS = 6;

/** How many tokens a program for `count` of them reads: a power of two, so that few programs serve all texts. */
export function windowOf(count: number, blockSize: number): number {
  return Math.min(Math.max(SMALLEST_WINDOW, 2 ** Math.ceil(Math.log2(count))), blockSize);
}

/** Tokens as `i32[1, length]`, filled up with zeros on the right: a causal model's earlier tokens do not see them. */
export function windowFeed(tokens: readonly number[], length: number): HostTensor {
  const x = new Int32Array(length);
  x.set(tokens);
  return hostTensor('i32', [1, length], x);
}

/** @throws AttuneError DATA_TOO_SHORT, TOKEN_OUT_OF_RANGE, INVALID_ARGUMENT for more tokens than the model has positions. */
export function checkWindow(tokens: readonly number[], { config }: CausalLm): void {
  const { blockSize, vocabSize } = config;
  if (tokens.length === 0) throw new AttuneError('DATA_TOO_SHORT', 'The text has no tokens.');
  if (tokens.length > blockSize) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `The text has ${tokens.length} tokens, but the model reads ${blockSize} at once.`,
      { fix: `Send at most ${blockSize} tokens.`, data: { tokens: tokens.length, blockSize } },
    );
  }
  const wrong = tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < vocabSize));
  if (wrong === undefined) return;
  throw new AttuneError(
    'TOKEN_OUT_OF_RANGE',
    `Tokens lie between 0 and ${vocabSize - 1}, but one is ${wrong}.`,
    {
      data: { token: wrong, vocabSize },
    },
  );
}

/** Compiled programs over one State, those used last. Calls are carried out one after the other. */
export class WindowPrograms {
  /** In the order in which they were last used. */
  private readonly programs = new Map<string, Executable>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly backend: Backend,
    private readonly state: State,
  ) {}

  /** Runs some work with a program, which is compiled if it is not there. */
  with<T>(key: string, build: () => Program, work: (program: Executable) => Promise<T>): Promise<T> {
    const done = this.last.then(async () => work(await this.find(key, build)));
    this.last = done.catch(() => undefined);
    return done;
  }

  private async find(key: string, build: () => Program): Promise<Executable> {
    const found = this.programs.get(key) ?? (await this.backend.compile(build(), this.state));
    this.programs.delete(key);
    this.programs.set(key, found);
    const [oldest, unused] = this.programs.entries().next().value!;
    if (this.programs.size > MOST_PROGRAMS) {
      this.programs.delete(oldest);
      unused.dispose();
    }
    return found;
  }

  /** Frees all programs, when the call under way is done. */
  async dispose(): Promise<void> {
    await this.last;
    for (const program of this.programs.values()) program.dispose();
    this.programs.clear();
  }
}
