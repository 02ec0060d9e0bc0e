import { samplingOf } from '@attune/runs';
import type { SamplingOptions } from '@attune/train';
import type { ServedModel } from '../models/served-model.js';
import type { SharedParameters } from './parameters.js';

/** How answers are drawn: as the request says; where that is open, as the model says. */
export function samplingFor(request: SharedParameters, { text, model }: ServedModel): SamplingOptions {
  const { temperature, top_k: topK, top_p: topP, min_p: minP, repetition_penalty: penalty } = request;
  const drawn = samplingOf(
    {
      temperature: temperature ?? undefined,
      // As other servers have it: 0 and -1 keep all tokens.
      topK: topK == null ? undefined : topK < 1 ? model.config.vocabSize : topK,
      topP: topP ?? undefined,
      minP: minP ?? undefined,
      repetitionPenalty: penalty ?? undefined,
    },
    text.generation,
  );
  return Object.fromEntries(Object.entries(drawn).filter(([, value]) => value !== undefined));
}

/** The seed of a request that names none. */
export function anySeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}
