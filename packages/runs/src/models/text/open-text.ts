import { AttuneError } from '@attune/core';
import { answerEndIds, openSpecialTokens, type SpecialTokens } from '@attune/data';
import { objectOf, readJson, type Folder, type JsonObject } from '@attune/files';
import { CONFIG_JSON } from '@attune/formats';
import { firstWith, MAX_JSON_BYTES } from '../folder/folder-entries.js';
import { modelEndIds, readGenerationConfig } from '../folder/generation-config.js';
import type { ModelHost } from '../model/host.js';
import type { ModelText } from './model-text.js';
import { readTokenizer, tokenizerFolder } from '../folder/tokenizer-folder.js';

/**
 * Opens the tokenizer and the chat template of a model.
 *
 * @param folders where its files lie; where one has a file, the ones after it do not count.
 * @param template one by name or path, in place of the model's.
 * @throws AttuneError FILE_NOT_FOUND if there is no tokenizer; FILE_CORRUPT, INVALID_ARGUMENT.
 */
export async function openTextOf(
  folders: readonly Folder[],
  host: Pick<ModelHost, 'openTemplate'>,
  template?: string,
): Promise<ModelText> {
  const folder = await tokenizerFolder(folders);
  const tokenizer = folder === undefined ? null : await readTokenizer(folder);
  if (folder === undefined || !tokenizer) {
    const names = folders.map(({ name }) => name).join(' and ');
    throw new AttuneError(
      'FILE_NOT_FOUND',
      `${names} ${folders.length > 1 ? 'have' : 'has'} no tokenizer: neither a tokenizer.json nor a meta.json.`,
      { fix: 'Copy the tokenizer.json the model was trained with into its folder.' },
    );
  }
  const specialTokens = await openSpecialTokens(folder, tokenizer, folders);
  const chat = await openTemplate(folders, specialTokens, host, template);
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
  folders: readonly Folder[],
  specialTokens: SpecialTokens,
  host: Pick<ModelHost, 'openTemplate'>,
  chosen: string | undefined,
): Promise<Pick<ModelText, 'template' | 'templateFolder'>> {
  if (chosen !== undefined) {
    return { template: await host.openTemplate(folders[0]!, { specialTokens, template: chosen }) };
  }
  for (const folder of folders) {
    const template = await host.openTemplate(folder, { specialTokens });
    if (template) return { template, templateFolder: folder.name };
  }
  return {};
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
async function readConfig(folders: readonly Folder[]): Promise<JsonObject> {
  const folder = await firstWith(folders, CONFIG_JSON);
  const config = folder && (await readJson(folder, CONFIG_JSON, { maxBytes: MAX_JSON_BYTES }));
  return objectOf(config);
}
