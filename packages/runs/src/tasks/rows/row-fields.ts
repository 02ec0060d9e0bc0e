import { AttuneError } from '@attune/core';
import { exampleFormats, overlengthPolicies, trainOnChoices, type Columns } from '@attune/data';
import { settingGroup, type ValuesOf } from '../../settings/field.js';

const data = settingGroup('Data');

/** The fields of fine-tuning data, the same for every command that reads it. */
export const fineTuningDataFields = {
  data: data.requiredText('path', {
    description: 'JSONL file, or folder with train.jsonl and valid.jsonl',
    resume: 'free',
  }),
  format: data.choice(['auto', ...exampleFormats], {
    description: 'format of the rows; auto: detect it from their columns',
    default: 'auto',
    resume: 'fixed',
  }),
  columns: data.texts('field=column', {
    description: 'columns of other names, e.g. prompt=question completion=answer',
    default: [],
    resume: 'fixed',
  }),
  trainOn: data.choice(trainOnChoices, {
    description: "which tokens carry loss: the assistant's turns, the last answer, or all",
    default: 'assistant',
    resume: 'fixed',
  }),
  maxLength: data.optionalInteger({
    description: "most tokens per row (default: the model's context length, at most 2048)",
    min: 2,
    resume: 'fixed',
  }),
  onOverlength: data.choice(overlengthPolicies, {
    description: 'what to do with longer rows',
    default: 'error',
    resume: 'fixed',
  }),
  validationFraction: data.number({
    description:
      'fraction of the rows held out for validation, chosen by the seed, if there is no file for it',
    default: 0,
    min: 0,
    below: 1,
    resume: 'fixed',
  }),
  template: data.optionalText('name', {
    description: "chat template, instead of the model's own",
    resume: 'fixed',
  }),
};

/** Values of {@link fineTuningDataFields}. */
export type FineTuningDataSettings = ValuesOf<typeof fineTuningDataFields>;

/**
 * `["prompt=question"]` → `{ prompt: 'question' }`.
 *
 * @throws AttuneError INVALID_CONFIG.
 */
export function parseColumns(columns: readonly string[]): Columns {
  const pairs = columns
    .flatMap((text) => text.split(','))
    .map((text) => {
      const at = text.indexOf('=');
      if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)] as const;
      throw new AttuneError(
        'INVALID_CONFIG',
        `--columns must be field=column, but is ${JSON.stringify(text)}.`,
        {
          fix: 'For example: --columns prompt=question completion=answer.',
        },
      );
    });
  return Object.fromEntries(pairs);
}
