import { AttuneError, Random, type Backend, type CausalLm, type State } from '@attune/core';
import { createDecoder } from './decoder.js';
import { checkSampling, sampleToken, type SamplingOptions } from './sampler.js';
import { createWindowDecoder } from './window-decoder.js';

/** How text is continued. */
export interface GenerateOptions extends SamplingOptions {
  readonly maxNewTokens: number;
  /**
   * The same seed draws the same tokens. One for all rows, each of which then draws from a stream of its own; or one for
   * each row, which then draws what it would draw alone. Default 1337.
   */
  readonly seed?: number | readonly number[];
  /** Told of a row's tokens after its prompt, whenever there is one more; `true` ends the row, with it as its last. */
  readonly stop?: (newTokens: readonly number[], row: number) => boolean;
}

/** A token of one of the rows that are continued together. */
export interface GeneratedToken {
  readonly row: number;
  readonly token: number;
}

/** Continues sequences of tokens. */
export interface Generator {
  /**
   * Continues one prompt. Yields token ids, one after the other.
   *
   * @throws AttuneError INVALID_CONFIG for options out of range, DATA_TOO_SHORT for an empty prompt, TOKEN_OUT_OF_RANGE.
   */
  generate(prompt: readonly number[], options: GenerateOptions): AsyncGenerator<number, void, undefined>;
  /**
   * Continues several prompts, of any lengths, together. A row's tokens do not depend on the other rows.
   *
   * @throws AttuneError as {@link Generator.generate}; INVALID_ARGUMENT if there are not as many prompts as rows.
   */
  generateRows(
    prompts: readonly (readonly number[])[],
    options: GenerateOptions,
  ): AsyncGenerator<GeneratedToken, void, undefined>;
  dispose(): void;
}

/** The options of a {@link Generator}. */
export interface GeneratorOptions {
  readonly backend: Backend;
  readonly model: CausalLm;
  /** Holds the model's parameters. */
  readonly state: State;
  /** How many prompts are continued together. Default 1. */
  readonly rows?: number;
  /** Tokens of context, at most the model's `blockSize`, which is the default: what a short text does not need costs time. */
  readonly contextLength?: number;
  /** True to cache keys and values: faster, and the same tokens. Default true. */
  readonly cache?: boolean;
  /**
   * True if the parameters stay as they are: then a prompt that begins as a row's last text did, as in a conversation, is
   * read from where the two part. Default false: each text is read from its beginning.
   */
  readonly reuse?: boolean;
}

function checkPrompt(prompt: readonly number[], vocabSize: number): void {
  if (prompt.length === 0) throw new AttuneError('DATA_TOO_SHORT', 'A prompt must have at least one token.');
  const foreign = prompt.find((id) => !(id >= 0 && id < vocabSize));
  if (foreign !== undefined) {
    throw new AttuneError(
      'TOKEN_OUT_OF_RANGE',
      `Token ${foreign} of the prompt is not in [0, ${vocabSize}).`,
    );
  }
}

/** A generator for a decoder language model. Its context is the last `contextLength` tokens, as in nanoGPT. */
export async function createGenerator(options: GeneratorOptions): Promise<Generator> {
  const { model, rows = 1, cache = true, reuse = false } = options;
  const decoder = await (cache ? createDecoder : createWindowDecoder)(options);

  async function* generateRows(
    prompts: readonly (readonly number[])[],
    { maxNewTokens, seed = 1337, stop, ...sampling }: GenerateOptions,
  ): AsyncGenerator<GeneratedToken, void, undefined> {
    checkSampling(sampling);
    if (prompts.length !== rows) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `The generator takes ${rows} prompts, but got ${prompts.length}.`,
      );
    }
    if (typeof seed !== 'number' && seed.length !== rows) {
      throw new AttuneError('INVALID_ARGUMENT', `Expected one seed or ${rows}, but got ${seed.length}.`);
    }
    prompts.forEach((prompt) => checkPrompt(prompt, model.config.vocabSize));
    const texts = prompts.map((prompt, row) => ({
      row,
      tokens: [...prompt],
      random: typeof seed === 'number' ? new Random(seed, row) : new Random(seed[row]!),
      newTokens: [] as number[],
      done: maxNewTokens < 1,
    }));
    if (!reuse) decoder.forget();
    for (let open = texts; (open = open.filter(({ done }) => !done)).length > 0;) {
      const logits = await decoder.next(open);
      for (const [i, text] of open.entries()) {
        const token = sampleToken(logits[i]!, sampling, text.random, text.tokens);
        text.tokens.push(token);
        text.newTokens.push(token);
        const stopped = stop?.(text.newTokens, text.row) ?? false;
        text.done = stopped || text.newTokens.length >= maxNewTokens;
        yield { row: text.row, token };
      }
    }
  }

  return {
    generateRows,
    async *generate(prompt, generateOptions) {
      for await (const { token } of generateRows([prompt], generateOptions)) yield token;
    },
    dispose: () => decoder.dispose(),
  };
}
