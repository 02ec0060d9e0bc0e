import { AttuneError, hostTensor, type HostTensor } from '@attune/core';
import { scoreProgram } from './score-program.js';
import { checkWindow, windowFeed, windowOf, WindowPrograms, type LoadedModel } from './window-programs.js';

/** The most alternatives that are reported with a token. */
export const MOST_ALTERNATIVES = 20;

/** A token, and how likely it is. */
export interface TokenLogprob {
  readonly token: number;
  /** The natural logarithm of its probability after the tokens before it. */
  readonly logprob: number;
}

/** A token of a text, and how likely it was. */
export interface ScoredToken {
  readonly token: number;
  /** Missing for the first token, which nothing stands before. */
  readonly logprob?: number;
  /** The most likely tokens in its place, the likeliest first; where it is one of them, with the same `logprob` to the bit. */
  readonly top?: readonly TokenLogprob[];
}

/** Says how likely a model finds texts. */
export interface Scorer {
  /**
   * Scores each token of a text by those before it, as `attune evaluate` does.
   *
   * @param top how many of the most likely tokens to report in the place of each: 0 to 20.
   * @throws AttuneError DATA_TOO_SHORT for no tokens, TOKEN_OUT_OF_RANGE, INVALID_ARGUMENT for more than the model reads at
   * once. What aborted `signal` is thrown before the work begins, or not at all.
   */
  score(tokens: readonly number[], top: number, signal?: AbortSignal): Promise<readonly ScoredToken[]>;
  /** Frees its programs, when the call under way is done. */
  dispose(): Promise<void>;
}

/** Creates a {@link Scorer}. Programs are compiled when they are first needed; a few are kept. */
export function createScorer({ backend, model, state }: LoadedModel): Scorer {
  const programs = new WindowPrograms(backend, state);
  return {
    async score(tokens, top, signal) {
      checkWindow(tokens, model);
      checkTop(top);
      signal?.throwIfAborted();
      const first: ScoredToken = { token: tokens[0]! };
      if (tokens.length === 1) return [first];
      const length = windowOf(tokens.length, model.config.blockSize);
      const kept = Math.min(top, model.config.vocabSize);
      const build = () => scoreProgram(model, length, kept);
      const y = new Int32Array(length - 1);
      y.set(tokens.slice(1));
      const feeds = { x: windowFeed(tokens, length), y: hostTensor('i32', [length - 1], y) };
      const found = await programs.with(`${length} ${kept}`, build, (program) => {
        signal?.throwIfAborted();
        return program.run(feeds);
      });
      const { picked, values, indices } = found as Record<'picked' | 'values' | 'indices', HostTensor>;
      const rest = tokens.slice(1).map((token, i): ScoredToken => {
        const logprob = picked.data[i]!;
        if (kept === 0) return { token, logprob };
        const at = (place: number) => i * kept + place;
        const alternatives = Array.from({ length: kept }, (_, place) => ({
          token: indices.data[at(place)]!,
          logprob: values.data[at(place)]!,
        }));
        return { token, logprob, top: alternatives };
      });
      return [first, ...rest];
    },
    dispose: () => programs.dispose(),
  };
}

function checkTop(top: number): void {
  if (Number.isInteger(top) && top >= 0 && top <= MOST_ALTERNATIVES) return;
  throw new AttuneError('INVALID_ARGUMENT', `From 0 to ${MOST_ALTERNATIVES} alternatives, but not ${top}.`);
}
