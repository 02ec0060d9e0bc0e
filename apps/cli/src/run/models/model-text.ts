import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import { answerEndIds, type ChatTemplate, type SpecialTokens, type Tokenizer } from '@attune/data';
import { openChatTemplate, openSpecialTokens } from '@attune/data/node';
import type { Context } from '../../context.js';
import { exists, readJson } from '../files.js';
import { locateModel } from './locate-model.js';
import { readTokenizer } from './tokenizer-folder.js';

/** What stands between a model and text. */
export interface ModelText {
  readonly tokenizer: Tokenizer;
  readonly specialTokens: SpecialTokens;
  /** Missing where the model has no chat template, and none was chosen. */
  readonly template?: ChatTemplate;
  /** The tokens at which an answer ends: those of the model, and those that its template ends turns with. */
  endIds(): Promise<readonly number[]>;
  /** How many tokens the model can read, if its folder says so. */
  readonly positions?: number;
  /** Ends the thread that a template is rendered in. */
  close(): Promise<void>;
}

/**
 * Opens the tokenizer and the chat template of a model folder.
 *
 * @param template a built-in template by name, or the path of a Jinja file, in place of the model's.
 * @throws AttuneError FILE_NOT_FOUND if there is no tokenizer; FILE_CORRUPT, INVALID_ARGUMENT.
 */
export async function openTextOf(folder: string, template?: string): Promise<ModelText> {
  const tokenizer = await readTokenizer(folder);
  if (!tokenizer) {
    throw new AttuneError(
      'FILE_NOT_FOUND',
      `${folder} has no tokenizer: neither a tokenizer.json nor a meta.json.`,
      {
        fix: 'Copy the tokenizer.json the model was trained with into its folder.',
      },
    );
  }
  const specialTokens = await openSpecialTokens(folder, tokenizer);
  const chat = await openChatTemplate(folder, { specialTokens, template });
  return {
    tokenizer,
    specialTokens,
    template: chat,
    endIds: () => answerEndIds({ tokenizer, specialTokens, template: chat }),
    positions: await positionsOf(folder),
    close: async () => chat?.close(),
  };
}

/**
 * {@link openTextOf} of what `--model` names. A folder with a tokenizer is enough, be it that of an adapter or of a run
 * that made one: weights are not looked for.
 *
 * @throws AttuneError as {@link openTextOf}, and of finding the model.
 */
export async function openModelText(
  given: string,
  template: string | undefined,
  context: Context,
): Promise<ModelText> {
  for (const folder of [given, join(given, 'final')]) {
    const present = await Promise.all(
      ['tokenizer.json', 'meta.json'].map((name) => exists(join(folder, name))),
    );
    if (present.includes(true)) return openTextOf(folder, template);
  }
  return openTextOf((await locateModel(given, context)).path, template);
}

/** What GPT-2 and all others call it. */
const POSITION_KEYS = ['n_positions', 'max_position_embeddings'];

async function positionsOf(folder: string): Promise<number | undefined> {
  const path = join(folder, 'config.json');
  if (!(await exists(path))) return undefined;
  const config = await readJson(path);
  const entries = Object.entries(typeof config === 'object' && config !== null ? config : {});
  const found = entries.find(
    ([key, value]) => POSITION_KEYS.includes(key) && Number.isSafeInteger(value) && value > 1,
  );
  return found?.[1] as number | undefined;
}
