import { prepare } from '@attune/data/node';
import { Command } from 'commander';
import { fieldGroup, withDefaults } from '../config/field.js';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../context.js';
import { formatCount } from '../run/format.js';
import { jsonField } from './shared-flags.js';

const data = fieldGroup('Data');

const fields = {
  out: data.requiredText('dir', { description: 'folder for train.bin, val.bin and meta.json' }),
  tokenizer: data.text('name', {
    description: 'char, bytes, gpt2, or the path of a tokenizer.json or its folder',
    default: 'char',
  }),
  valFraction: data.number({
    description: 'share of the text, at its end, kept for validation',
    default: 0.1,
    min: 0,
    below: 1,
  }),
  json: jsonField,
};

/** `attune prepare`: text files to token files. */
export function prepareCommand({ stdout }: Context): Command {
  const command = new Command('prepare')
    .description('turn text files into token files')
    .argument('<files...>', 'UTF-8 text, joined in this order');
  return addFlags(command, fields).action(async (files: string[], options: Record<string, unknown>) => {
    const { json, out, ...settings } = withDefaults(fields, readFlags(fields, options));
    const { meta } = await prepare({ files, out, ...settings });
    if (json) {
      stdout.write(`${JSON.stringify(meta)}\n`);
      return;
    }
    stdout.write(
      `${formatCount(meta.trainTokens ?? 0)} tokens to train on, ${formatCount(meta.valTokens ?? 0)} to validate, ` +
        `vocabulary of ${formatCount(meta.vocabSize)}, in ${out}\n\n` +
        `Next: attune pretrain --data ${out} --out runs/my-run\n`,
    );
  });
}
