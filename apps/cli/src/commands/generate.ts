import { DEFAULT_TEMPERATURE, fieldGroup, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { generate } from '../run/generation/generate.js';
import { adapterField, backendFields, jsonField, modelField, weightsField } from './shared-flags.js';

const sampling = fieldGroup('Sampling');

/** How texts are drawn, and from what. */
export const generateFields = {
  model: modelField,
  adapter: adapterField,
  weights: weightsField,
  prompt: sampling.optionalText('text', {
    description: 'text to continue (default: a new line)',
    mayBeEmpty: true,
  }),
  prompts: sampling.optionalText('file', {
    description: 'file of prompts: one per line, or .jsonl with the key "prompt"',
  }),
  batchSize: sampling.integer({
    description: 'with --prompts: prompts per batch',
    default: 8,
    min: 1,
    max: 65_536,
  }),
  maxNewTokens: sampling.integer({
    description: 'most tokens to generate',
    default: 200,
    min: 1,
    max: 1_000_000,
  }),
  temperature: sampling.optionalNumber({
    description:
      "sampling temperature; 0: greedy decoding (default, as of the four below: the model's " +
      `generation_config.json; else ${DEFAULT_TEMPERATURE}, and none of the others)`,
    min: 0,
  }),
  topK: sampling.optionalInteger({ description: 'sample from the k most likely tokens', min: 1 }),
  topP: sampling.optionalNumber({
    description: 'sample from the most likely tokens with this total probability (nucleus sampling)',
    above: 0,
    max: 1,
  }),
  minP: sampling.optionalNumber({
    description: "sample from tokens with at least this fraction of the top token's probability",
    min: 0,
    max: 1,
  }),
  repetitionPenalty: sampling.optionalNumber({
    description: 'above 1: make tokens that have occurred less likely',
    above: 0,
  }),
  seed: sampling.integer({ description: 'random seed', default: 1337, min: 0 }),
  stop: sampling.texts('text', {
    description: 'stop sequences, which are left out of the text',
    default: [],
  }),
  numSamples: sampling.integer({ description: 'number of samples', default: 1, min: 1, max: 100_000 }),
  ...backendFields,
  json: { ...jsonField, description: 'write one JSON object per text to stdout, and nothing else' },
};

/** `attune generate`: lets a model write. */
export function generateCommand(context: Context): Command {
  const command = new Command('generate').description('generate text');
  return addFlags(command, generateFields).action(async (options: Record<string, unknown>) => {
    await generate(withDefaults(generateFields, readFlags(generateFields, options)), context);
  });
}
