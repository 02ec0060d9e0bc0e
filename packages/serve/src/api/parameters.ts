import { z } from 'zod';
import type { Refusal } from './validate.js';

/** Texts that may end an answer, and how long each may be. */
const STOPS = 16;
const STOP_LENGTH = 1024;

/** Texts that one request may ask for: prompts times `n`. */
export const MOST_TEXTS = 32;

/** The most alternatives that are reported with a token. */
export const MOST_LOGPROBS = 20;

function isStop(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= STOP_LENGTH;
  // The length first: nothing is looked at that is thrown away.
  return (
    Array.isArray(value) &&
    value.length <= STOPS &&
    value.every((stop) => typeof stop === 'string' && stop.length <= STOP_LENGTH)
  );
}

/** A whole number that JavaScript and the sampler tell from its neighbours. */
const wholeNumber = z.number().int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);

/** A number of tokens. */
export const tokenCount = wholeNumber.min(0).nullish();

/** Parameters of both kinds of completions. Absent and `null` are the same. */
export const sharedShape = {
  model: z.string().max(1000),
  n: z.number().int().min(1).max(MOST_TEXTS).nullish(),
  seed: wholeNumber.nullish(),
  stop: z
    .custom<string | string[]>(
      isStop,
      `Expected a text or up to ${STOPS}, of up to ${STOP_LENGTH} characters`,
    )
    .nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  // Not OpenAI's: what attune's sampler can beside, by the names of other servers.
  top_k: wholeNumber.min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().gt(0).max(100).nullish(),
};

/** The parameters that {@link sharedShape} reads. */
export type SharedParameters = z.infer<z.ZodObject<typeof sharedShape>>;

/** Parameters that official clients send, and that change no answer here. */
export const sharedHarmless = ['user', 'metadata', 'store', 'safety_identifier', 'service_tier'] as const;

const isZero = (value: unknown) => value === 0;
const isEmptyObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** Parameters that would change the answer. */
export const sharedRefused: Readonly<Record<string, Refusal>> = {
  frequency_penalty: { instead: 'Use repetition_penalty.', idle: isZero },
  presence_penalty: { instead: 'Use repetition_penalty.', idle: isZero },
  logit_bias: {
    instead: 'Use stop, or response_format where the answer is to keep to a form.',
    idle: isEmptyObject,
  },
};
