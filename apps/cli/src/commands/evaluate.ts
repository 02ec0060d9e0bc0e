import { Command } from 'commander';
import { fieldGroup, withDefaults } from '../config/field.js';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../context.js';
import { evaluate } from '../run/evaluate.js';
import { formatCount } from '../run/format.js';
import { backendField, jsonField, modelField } from './shared-flags.js';

const data = fieldGroup('Data');

const fields = {
  model: modelField,
  data: data.requiredText('dir', { description: 'token files, as `attune prepare` writes them' }),
  split: data.choice(['val', 'train'], { description: 'which part of the data', default: 'val' }),
  blockSize: data.optionalInteger({ description: "tokens of context (default: the model's)", min: 1 }),
  batchSize: data.integer({ description: 'windows scored at once', default: 8, min: 1 }),
  backend: backendField,
  json: jsonField,
};

/** `attune evaluate`: the loss over a whole split. */
export function evaluateCommand(context: Context): Command {
  const command = new Command('evaluate').description(
    "score every token of a split once: the model's loss and perplexity",
  );
  return addFlags(command, fields).action(async (options: Record<string, unknown>) => {
    const { json, ...request } = withDefaults(fields, readFlags(fields, options));
    const { loss, perplexity, tokens } = await evaluate(request, context);
    context.stdout.write(
      json
        ? `${JSON.stringify({ loss, perplexity, tokens })}\n`
        : `loss ${loss.toFixed(4)}, perplexity ${perplexity.toFixed(2)}, over ${formatCount(tokens)} tokens\n`,
    );
  });
}
