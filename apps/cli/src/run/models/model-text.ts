import { join } from 'node:path';
import { AttuneError, isAttuneError } from '@attune/core';
import type { JsonObject } from '@attune/formats';
import { answerEndIds, type SpecialTokens } from '@attune/data';
import { openChatTemplate, openSpecialTokens } from '@attune/data/node';
import { hubIdOf } from '@attune/hub';
import type { ModelText } from '@attune/runs';
import type { Context } from '../../environment/context.js';
import { exists, firstWith, readJson } from '../../environment/files.js';
import { isAdapter, readBaseName } from './adapter-folder.js';
import { modelEndIds, readGenerationConfig } from './generation-config.js';
import { locateModel } from './locate-model.js';
import { readTokenizer, tokenizerFolder } from './tokenizer-folder.js';

/** A chat template as a file of its own. */
export const TEMPLATE_FILE = 'chat_template.jinja';

/**
 * Opens the tokenizer and the chat template of a model.
 *
 * @param folders where its files lie; where one has a file, the ones after it do not count.
 * @param template a built-in template by name, or the path of a Jinja file, in place of the model's.
 * @throws AttuneError FILE_NOT_FOUND if there is no tokenizer; FILE_CORRUPT, INVALID_ARGUMENT.
 */
export async function openTextOf(folders: readonly string[], template?: string): Promise<ModelText> {
  const folder = await tokenizerFolder(folders);
  const tokenizer = folder === undefined ? null : await readTokenizer(folder);
  if (folder === undefined || !tokenizer) {
    throw new AttuneError(
      'FILE_NOT_FOUND',
      `${folders.join(' and ')} ${folders.length > 1 ? 'have' : 'has'} no tokenizer: neither a tokenizer.json nor a meta.json.`,
      {
        fix: 'Copy the tokenizer.json the model was trained with into its folder.',
      },
    );
  }
  const specialTokens = await openSpecialTokens(folder, tokenizer, folders);
  const chat = await openTemplate(folders, specialTokens, template);
  const generation = await readGenerationConfig(folders);
  const config = await readConfig(folders);
  const ends = modelEndIds(generation, config);
  return {
    tokenizer,
    specialTokens,
    ...chat,
    generation,
    async endIds(output) {
      const warn = ({ message }: AttuneError) =>
        output?.write(`warning: The chat template does not say how turns end. ${message}\n`);
      const taught = await answerEndIds({ tokenizer, specialTokens, template: chat.template }, warn);
      return [...new Set([...taught, ...ends])];
    },
    positions: positionsOf(config),
    close: async () => chat.template?.close(),
  };
}

/** The template that was chosen, or that of the first folder that has one. */
async function openTemplate(
  folders: readonly string[],
  specialTokens: SpecialTokens,
  chosen: string | undefined,
): Promise<Pick<ModelText, 'template' | 'templateFolder'>> {
  if (chosen !== undefined) {
    return { template: await openChatTemplate(folders[0]!, { specialTokens, template: chosen }) };
  }
  for (const folder of folders) {
    const template = await openChatTemplate(folder, { specialTokens });
    if (template) return { template, templateFolder: folder };
  }
  return {};
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
  const own = await tokenizerFolder([given, join(given, 'final')]);
  const folder = own ?? (await locateModel(given, context)).path;
  return openTextOf(await textFoldersOf(folder, context), template);
}

/** The folders of a model's text files: its own and, of an adapter, that of the model it was trained on. */
async function textFoldersOf(folder: string, context: Context): Promise<readonly string[]> {
  if (!(await isAdapter(folder))) return [folder];
  const base = await readBaseName(folder).catch((error: unknown) => {
    // Without its model, its own tokenizer is enough.
    if (isAttuneError(error, 'FILE_NOT_FOUND')) return undefined;
    throw error;
  });
  const isHub = base !== undefined && (await hubIdOf(base)) !== undefined;
  const isComplete = (await tokenizerFolder([folder])) !== undefined;
  // A model of the hub is not fetched for its template alone.
  if (base === undefined || (isComplete && (isHub || !(await exists(base))))) return [folder];
  return [folder, (await locateModel(base, context)).path];
}

/** The name of it in configurations: GPT-2's, and that of all others. */
const POSITION_KEYS = ['n_positions', 'max_position_embeddings'];

function positionsOf(config: JsonObject): number | undefined {
  const found = Object.entries(config).find(
    ([key, value]) => POSITION_KEYS.includes(key) && Number.isSafeInteger(value) && (value as number) > 1,
  );
  return found?.[1] as number | undefined;
}

/** The `config.json` of the first folder that has one. */
async function readConfig(folders: readonly string[]): Promise<JsonObject> {
  const folder = await firstWith(folders, 'config.json');
  const config = folder === undefined ? {} : await readJson(join(folder, 'config.json'));
  return typeof config === 'object' && config !== null ? (config as JsonObject) : {};
}
