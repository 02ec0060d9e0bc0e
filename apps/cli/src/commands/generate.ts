import { Command } from 'commander';
import { fieldGroup, withDefaults } from '../config/field.js';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../context.js';
import { generate } from '../run/generation/generate.js';
import { DEFAULT_TEMPERATURE } from '../run/models/generation-config.js';
import { adapterField, backendField, jsonField, modelField } from './shared-flags.js';

const sampling = fieldGroup('Sampling');

/** How texts are drawn, and from what. */
export const generateFields = {
  model: modelField,
  adapter: adapterField,
  prompt: sampling.optionalText('text', {
    description: 'what the text begins with (default: a new line)',
    mayBeEmpty: true,
  }),
  prompts: sampling.optionalText('file', {
    description: 'prompts to continue together: one a line, or of a .jsonl file the "prompt" of each object',
  }),
  batchSize: sampling.integer({ description: 'with --prompts, how many at a time', default: 8, min: 1 }),
  maxNewTokens: sampling.integer({ description: 'tokens to draw', default: 200, min: 1 }),
  temperature: sampling.optionalNumber({
    description:
      "below 1 is safer, above 1 wilder, 0 takes the likeliest token (default, as of the four below: the model's " +
      `generation_config.json; else ${DEFAULT_TEMPERATURE}, and none of the others)`,
    min: 0,
  }),
  topK: sampling.optionalInteger({ description: 'draw from the k likeliest tokens', min: 1 }),
  topP: sampling.optionalNumber({
    description: 'draw from the likeliest tokens that together have this probability',
    above: 0,
    max: 1,
  }),
  minP: sampling.optionalNumber({
    description: "draw from tokens with at least this share of the likeliest one's probability",
    min: 0,
    max: 1,
  }),
  repetitionPenalty: sampling.optionalNumber({
    description: 'above 1 makes tokens that occur already less likely',
    above: 0,
  }),
  seed: sampling.integer({ description: 'the same seed draws the same text', default: 1337, min: 0 }),
  stop: sampling.texts('text', { description: 'texts that end the text; none is part of it', default: [] }),
  numSamples: sampling.integer({ description: 'texts to draw', default: 1, min: 1 }),
  backend: backendField,
  json: { ...jsonField, description: 'write one JSON object for each text to stdout, and nothing else' },
};

/** `attune generate`: lets a model write. */
export function generateCommand(context: Context): Command {
  const command = new Command('generate').description('let a model continue a text');
  return addFlags(command, generateFields).action(async (options: Record<string, unknown>) => {
    await generate(withDefaults(generateFields, readFlags(generateFields, options)), context);
  });
}
