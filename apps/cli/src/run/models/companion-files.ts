import { join } from 'node:path';
import { tokenizerFiles } from '@attune/data';
import { isClassifierConfig, TOKENIZER_FILES } from '@attune/formats';
import type { CompanionFiles, ModelText, OpenAnyModel, TextOutput } from '@attune/runs';
import { exists, readText } from '../../environment/files.js';
import { extendedGeneration, readGenerationConfig } from './generation-config.js';
import { openTextOf, TEMPLATE_FILE } from './model-text.js';
import { tokenizerFolder } from './tokenizer-folder.js';

type Source = Pick<OpenAnyModel, 'config' | 'source' | 'textFolders' | 'tokenizer'>;

/**
 * The companion files of a model that is written again, from the folders it was read from.
 *
 * @param options `text`: what the model was trained with, if that is another template than its own; `output` is warned
 * where the template does not say how turns end.
 */
export async function companionFiles(
  model: Source,
  { text, output }: { readonly text?: ModelText; readonly output?: TextOutput } = {},
): Promise<CompanionFiles> {
  const { source, textFolders, tokenizer } = model;
  const own = text ?? (tokenizer ? await openTextOf(textFolders) : undefined);
  try {
    const generation = await readGenerationConfig(textFolders);
    return {
      files: await filesOf(model, own),
      generation: extendedGeneration(generation, source, (await own?.endIds(output)) ?? []),
    };
  } finally {
    if (!text) await own?.close();
  }
}

async function filesOf(
  { config, textFolders, tokenizer }: Source,
  text: ModelText | undefined,
): Promise<Record<string, unknown>> {
  const folder = await tokenizerFolder(textFolders);
  const files: Record<string, unknown> = {};
  for (const name of folder === undefined ? [] : TOKENIZER_FILES) {
    const path = join(folder!, name);
    if (await exists(path)) files[name] = await readText(path);
  }
  // What a tokenizer of ours is, a meta.json says; one of Hugging Face's is in its own files.
  if (folder !== undefined && tokenizer && (await exists(join(folder, 'meta.json')))) {
    const { vocabSize } = isClassifierConfig(config) ? config.body : config;
    Object.assign(files, await tokenizerFiles(tokenizer, vocabSize));
  }
  return { ...files, ...templateFile(text, folder) };
}

/** The chat template as a file of its own, unless it is among those of the tokenizer. */
export function templateFile(
  text: ModelText | undefined,
  folder: string | undefined,
): Record<string, string> {
  const { template, templateFolder } = text ?? {};
  return template && (templateFolder === undefined || templateFolder !== folder)
    ? { [TEMPLATE_FILE]: template.source }
    : {};
}
