import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AttuneError, plural, shellWord } from '@attune/core';
import { isUnfinishedTokenFolder, plannedTokenFiles, prepare, type PrepareProgress } from '@attune/data/node';
import { fieldGroup, formatBytes, formatCount, withDefaults } from '@attune/runs';
import { Command, Option } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { attuneCommand } from '../environment/invocation.js';
import { reportPlannedWrites } from '../printing/planned-writes.js';
import type { Printer } from '../printing/printer.js';
import { statusLine } from '../printing/status-line.js';
import { dryRunField, jsonField } from './shared-flags.js';

const data = fieldGroup('Data');

const fields = {
  out: data.requiredText('dir', { description: 'folder for train.bin, val.bin and meta.json' }),
  tokenizer: data.text('name', {
    description:
      'char, bpe (trained on the text), bytes, gpt2, or the path of a tokenizer.json or its folder',
    default: 'char',
  }),
  vocabSize: data.optionalInteger({
    description: 'with bpe: tokens of the vocabulary (default: 8192)',
    min: 1,
  }),
  minFrequency: data.optionalInteger({
    description: 'with bpe: how often a pair has to occur to become a token (default: 0)',
    min: 0,
  }),
  specialTokens: data.texts('token', {
    description:
      'with bpe: tokens with a meaning of their own (default: <|endoftext|>); --no-special-tokens for none',
    default: [],
  }),
  valFraction: data.number({
    description: 'fraction of the text, at its end, held out for validation',
    default: 0.1,
    min: 0,
    below: 1,
  }),
  workers: data.optionalInteger({
    description:
      'threads that encode with bpe, gpt2 or a tokenizer.json (default: one per core for large texts)',
    min: 0,
  }),
  overwrite: data.switch({ description: 'replace token files, or a tokenizer, that are in --out already' }),
  dryRun: dryRunField,
  json: jsonField,
};

/** `attune prepare`: text files to token files. */
export function prepareCommand(context: Context): Command {
  const { stdout, stderr } = context;
  const command = new Command('prepare')
    .description('tokenize text files into token files')
    .argument('<files...>', 'UTF-8 text files, plain or gzipped (.gz), joined in this order');
  addFlags(command, fields).addOption(new Option('--no-special-tokens').hideHelp());
  return command.action(async (files: string[], options: Record<string, unknown>) => {
    const { specialTokens: named } = options;
    const given = readFlags(fields, { ...options, ...(named === false && { specialTokens: [] }) });
    const { json, dryRun, vocabSize, minFrequency, specialTokens, overwrite, ...settings } = withDefaults(
      fields,
      given,
    );
    const { out, tokenizer } = settings;
    checkBpeFlags(given, tokenizer);
    if (!overwrite) await refuseEarlierFiles(out, tokenizer);
    const bpe = {
      ...(vocabSize !== undefined && { vocabSize }),
      ...(minFrequency !== undefined && { minFrequency }),
      ...(given.specialTokens && { specialTokens }),
    };
    if (dryRun) {
      const names = await plannedTokenFiles({ files, ...settings, bpe });
      const changes = names.map((name) => ({ path: join(out, name), kind: 'write' as const }));
      return reportPlannedWrites(changes, { json }, stdout);
    }
    const progress = progressLine(stderr);
    const { meta } = await prepare({ files, ...settings, bpe, onProgress: progress.show }).finally(
      progress.clear,
    );
    if (json) {
      stdout.writeJson(meta);
      return;
    }
    stdout.write(
      `${plural(meta.trainTokens ?? 0, 'token')} to train on, ${formatCount(meta.valTokens ?? 0)} to validate, ` +
        `vocabulary of ${formatCount(meta.vocabSize)}, in ${out}\n\n` +
        `Next: ${attuneCommand(context)} pretrain --data ${shellWord(out)} --out runs/my-run\n`,
    );
  });
}

/**
 * @param tokenizer whose files may lie in the folder already.
 * @throws AttuneError INVALID_CONFIG if there are token files, or files of another tokenizer, in a folder, whoever made them.
 */
async function refuseEarlierFiles(folder: string, tokenizer: string): Promise<void> {
  const entries = await readdir(folder).catch((): string[] => []);
  const isOwn = [folder, join(folder, 'tokenizer.json')].some((path) => resolve(path) === resolve(tokenizer));
  const isTaken = (name: string) =>
    name === 'meta.json' || name.endsWith('.bin') || (!isOwn && TOKENIZER_FILES.includes(name));
  const found = entries.filter(isTaken).sort();
  // Of a prepare that was killed, this is the second try.
  if (found.length === 0 || (await isUnfinishedTokenFolder(folder))) return;
  const more = found.length > SHOWN ? ', …' : '';
  const kind = found.every((name) => TOKENIZER_FILES.includes(name)) ? 'a tokenizer' : 'token files';
  throw new AttuneError(
    'INVALID_CONFIG',
    `${folder} already holds ${kind}: ${found.slice(0, SHOWN).join(', ')}${more}.`,
    { fix: 'Choose another --out, or replace them with --overwrite.' },
  );
}

/** Files that are written beside the tokens, where the tokenizer has some. */
const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json'];

const SHOWN = 5;

/** The flags that say how a vocabulary is trained. */
const BPE_FLAGS = {
  vocabSize: '--vocab-size',
  minFrequency: '--min-frequency',
  specialTokens: '--special-tokens',
};

/** @throws AttuneError INVALID_CONFIG if a flag of `bpe` is given with a tokenizer that is not trained. */
function checkBpeFlags(given: Readonly<Record<string, unknown>>, tokenizer: string): void {
  if (tokenizer === 'bpe') return;
  const [, flag] = Object.entries(BPE_FLAGS).find(([key]) => given[key] !== undefined) ?? [];
  if (flag === undefined) return;
  throw new AttuneError('INVALID_CONFIG', `${flag} goes with --tokenizer bpe, but it is ${tokenizer}.`, {
    fix: 'Train a vocabulary on the text with --tokenizer bpe, or leave the flag out.',
  });
}

/** How far it is, on a terminal. */
function progressLine(output: Printer) {
  const { show, clear } = statusLine(output);
  return {
    show({ phase, done, total, tokens }: PrepareProgress) {
      if (phase === 'train') {
        show(`train ${formatCount(done)} of ${formatCount(total)} tokens of the vocabulary`);
        return;
      }
      const written = phase === 'encode' ? `, ${plural(tokens, 'token')}` : '';
      show(`${phase} ${formatBytes(done)} of ${formatBytes(total)}${written}`);
    },
    clear,
  };
}
