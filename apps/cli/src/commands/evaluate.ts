import { AttuneError, plural } from '@attune/core';
import { fieldGroup, fineTuningDataFields, withDefaults, type ValuesOf } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { onOneLine } from '../printing/printable.js';
import { evaluate } from '../run/evaluation/evaluate.js';
import { evaluateExamples, isExampleData, type ExampleMetrics } from '../run/evaluation/evaluate-examples.js';
import { adapterField, backendFields, jsonField, modelField, weightsField } from './shared-flags.js';

const data = fieldGroup('Data');
const tokens = fieldGroup('Token files');
const answers = fieldGroup('Answers');

const { data: _, validationFraction: __, ...rowFields } = fineTuningDataFields;

const fields = {
  model: modelField,
  adapter: adapterField,
  weights: weightsField,
  data: data.requiredText('path', {
    description: 'token files, as `attune prepare` writes them; or JSONL, a file or a folder of them',
  }),
  split: data.choice(['val', 'train', 'test'], {
    description: 'split of a folder to evaluate on',
    default: 'val',
  }),
  batchSize: data.integer({ description: 'sequences per batch', default: 8, min: 1, max: 65_536 }),
  ...rowFields,
  blockSize: tokens.optionalInteger({
    description: "context length in tokens (default: the model's)",
    min: 1,
  }),
  answers: answers.switch({ description: 'let the model answer each row: exact match and F1' }),
  maxNewTokens: answers.integer({
    description: 'most tokens per answer',
    default: 64,
    min: 1,
    max: 1_000_000,
  }),
  ...backendFields,
  json: jsonField,
};

/** `attune evaluate`: the loss over a whole split, and how right the model is. */
export function evaluateCommand(context: Context): Command {
  const command = new Command('evaluate').description(
    'compute loss and perplexity on a split; on a task also answers, or accuracy',
  );
  return addFlags(command, fields).action(async (options: Record<string, unknown>) => {
    const { json, ...request } = withDefaults(fields, readFlags(fields, options));
    const metrics = (await isExampleData(request.data))
      ? await evaluateExamples(request, context)
      : await evaluateTokens(request, context);
    if (json) context.stdout.writeJson(metrics);
    else context.stdout.write(describe(metrics));
  });
}

type Request = Omit<ValuesOf<typeof fields>, 'json'>;

async function evaluateTokens(
  { split, ...request }: Request,
  context: Context,
): Promise<Partial<ExampleMetrics>> {
  if (split === 'test' || request.answers) {
    const flag = split === 'test' ? '--split test' : '--answers';
    throw new AttuneError(
      'INVALID_CONFIG',
      `${flag} goes with rows of a task, but ${request.data} has token files.`,
      {
        fix: 'Leave it out, or name a JSONL file.',
      },
    );
  }
  const { loss, perplexity, tokens: count } = await evaluate({ ...request, split }, context);
  return { loss, perplexity, tokens: count };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function describe(metrics: Partial<ExampleMetrics>): string {
  const { loss = NaN, perplexity, tokens: count = 0, rows, accuracy, confusion, labels = [] } = metrics;
  if (confusion && accuracy !== undefined) {
    return [
      `accuracy ${percent(accuracy)} of ${plural(rows ?? 0, 'row')}, loss ${loss.toFixed(4)}`,
      '',
      ...confusionTable(labels, confusion),
      '',
    ].join('\n');
  }
  if (perplexity === undefined) {
    return `mean squared error ${loss.toFixed(4)}, over ${plural(rows ?? 0, 'row')}\n`;
  }
  const lines = [
    `loss ${loss.toFixed(4)}, perplexity ${perplexity.toFixed(2)}, over ${plural(count, 'token')}`,
  ];
  const { answers: answered, exactMatch = 0, f1 = 0 } = metrics;
  if (answered !== undefined) {
    lines.push(`exact match ${percent(exactMatch)}, F1 ${percent(f1)}, of ${plural(answered, 'answer')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A row for each class, with how often it was taken for which. */
function confusionTable(labels: readonly string[], confusion: readonly (readonly number[])[]): string[] {
  const names = labels.map(onOneLine);
  const cells = [
    ['is \\ taken for', ...names],
    ...confusion.map((row, i) => [names[i] ?? String(i), ...row.map(String)]),
  ];
  const widths = cells[0]!.map((_cell, column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  );
  return cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
}
