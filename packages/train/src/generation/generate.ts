import {
  AttuneError,
  GraphBuilder,
  hostTensor,
  Random,
  type Backend,
  type Model,
  type Program,
  type State,
} from '@attune/core';
import { checkSampling, sampleToken, type SamplingOptions } from './sampler.js';

/** How text is continued. */
export interface GenerateOptions extends SamplingOptions {
  readonly maxNewTokens: number;
  /** The same seed draws the same tokens. Default 1337. */
  readonly seed?: number;
  /** Told of every token after the prompt; `true` ends the text, with this token as its last. */
  readonly stop?: (newTokens: readonly number[]) => boolean;
}

/** Continues sequences of tokens. */
export interface Generator {
  /**
   * Yields token ids, one after the other.
   *
   * @throws AttuneError INVALID_CONFIG for options out of range, DATA_TOO_SHORT for an empty prompt, TOKEN_OUT_OF_RANGE.
   */
  generate(prompt: readonly number[], options: GenerateOptions): AsyncGenerator<number, void, undefined>;
  dispose(): void;
}

/** What a {@link Generator} is made of. */
export interface GeneratorOptions {
  readonly backend: Backend;
  readonly model: Model<{ readonly blockSize: number; readonly vocabSize: number }>;
  /** Holds the model's parameters. */
  readonly state: State;
}

/** The logits after the token at `position`: `x i32[1, T]`, `position i32[1]` → `logits f32[1, V]`. */
function nextTokenProgram(model: GeneratorOptions['model']): Program {
  const { blockSize, vocabSize } = model.config;
  const g = new GraphBuilder('next token');
  const x = g.feed('x', { shape: [1, blockSize], dtype: 'i32' });
  const position = g.feed('position', { shape: [1], dtype: 'i32' });
  const wasTraining = model.training;
  const { logits } = model.eval().forward(g, { x });
  if (wasTraining) model.train();
  g.output('logits', g.gather(g.reshape(logits!, [blockSize, vocabSize]), position));
  return g.build();
}

/** A generator for a decoder language model. Its context is the last `blockSize` tokens, as in nanoGPT. */
export async function createGenerator({ backend, model, state }: GeneratorOptions): Promise<Generator> {
  const { blockSize, vocabSize } = model.config;
  const program = await backend.compile(nextTokenProgram(model), state);

  async function nextLogits(tokens: readonly number[]): Promise<ArrayLike<number>> {
    const context = tokens.slice(-blockSize);
    const x = new Int32Array(blockSize);
    x.set(context);
    const { logits } = await program.run({
      x: hostTensor('i32', [1, blockSize], x),
      position: hostTensor('i32', [1], [context.length - 1]),
    });
    return logits!.data;
  }

  return {
    async *generate(prompt, { maxNewTokens, seed = 1337, stop, ...sampling }) {
      checkSampling(sampling);
      if (prompt.length === 0)
        throw new AttuneError('DATA_TOO_SHORT', 'The prompt must have at least one token.');
      const foreign = prompt.find((id) => !(id >= 0 && id < vocabSize));
      if (foreign !== undefined) {
        throw new AttuneError(
          'TOKEN_OUT_OF_RANGE',
          `Token ${foreign} of the prompt is not in [0, ${vocabSize}).`,
        );
      }
      const random = new Random(seed);
      const tokens = [...prompt];
      while (tokens.length < prompt.length + maxNewTokens) {
        const token = sampleToken(await nextLogits(tokens), sampling, random);
        tokens.push(token);
        yield token;
        if (stop?.(tokens.slice(prompt.length))) return;
      }
    },
    dispose: () => program.dispose(),
  };
}
