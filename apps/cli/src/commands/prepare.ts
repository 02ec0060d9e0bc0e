import { readdir } from 'node:fs/promises';
import { AttuneError } from '@attune/core';
import { prepare, type PrepareProgress } from '@attune/data/node';
import { Command } from 'commander';
import { fieldGroup, withDefaults } from '../config/field.js';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context, Output } from '../context.js';
import { formatBytes, formatCount } from '../run/format.js';
import { statusLine } from '../run/training/status-line.js';
import { jsonField } from './shared-flags.js';

const data = fieldGroup('Data');

const fields = {
  out: data.requiredText('dir', { description: 'folder for train.bin, val.bin and meta.json' }),
  tokenizer: data.text('name', {
    description: 'char, bytes, gpt2, or the path of a tokenizer.json or its folder',
    default: 'char',
  }),
  valFraction: data.number({
    description: 'fraction of the text, at its end, held out for validation',
    default: 0.1,
    min: 0,
    below: 1,
  }),
  workers: data.optionalInteger({
    description: 'threads that encode with gpt2 or a tokenizer.json (default: one a core for large texts)',
    min: 0,
  }),
  overwrite: data.switch('replace token files that are in --out already'),
  json: jsonField,
};

/** `attune prepare`: text files to token files. */
export function prepareCommand({ stdout, stderr }: Context): Command {
  const command = new Command('prepare')
    .description('tokenize text files into token files')
    .argument('<files...>', 'UTF-8 text files, plain or gzipped (.gz), joined in this order');
  return addFlags(command, fields).action(async (files: string[], options: Record<string, unknown>) => {
    const { json, overwrite, ...settings } = withDefaults(fields, readFlags(fields, options));
    const { out } = settings;
    if (!overwrite) await refuseTokenFiles(out);
    const progress = progressLine(stderr);
    const { meta } = await prepare({ files, ...settings, onProgress: progress.show }).finally(progress.clear);
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

/** @throws AttuneError INVALID_CONFIG if there are token files in a folder, whoever made them. */
async function refuseTokenFiles(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((): string[] => []);
  const found = entries.filter((name) => name === 'meta.json' || name.endsWith('.bin')).sort();
  if (found.length === 0) return;
  const more = found.length > SHOWN ? ', …' : '';
  throw new AttuneError(
    'INVALID_CONFIG',
    `${folder} already holds token files: ${found.slice(0, SHOWN).join(', ')}${more}.`,
    { fix: 'Choose another --out, or replace them with --overwrite.' },
  );
}

const SHOWN = 5;

/** How far it is, on a terminal. */
function progressLine(output: Output) {
  const { show, clear } = statusLine(output);
  return {
    show({ phase, done, total, tokens }: PrepareProgress) {
      const written = phase === 'encode' ? `, ${formatCount(tokens)} tokens` : '';
      show(`${phase} ${formatBytes(done)} of ${formatBytes(total)}${written}`);
    },
    clear,
  };
}
