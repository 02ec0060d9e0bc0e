import { tokenizerFiles } from '@attune/data';
import { readText, type Folder } from '@attune/files';
import { isClassifierConfig, TOKENIZER_FILES } from '@attune/formats';
import type { CompanionFiles } from '../folder/companion-files.js';
import { hasEntry } from '../folder/folder-entries.js';
import { extendedGeneration, readGenerationConfig } from '../folder/generation-config.js';
import type { ModelHost } from '../model/host.js';
import { TEMPLATE_FILE, type ModelText, type TextOutput } from '../text/model-text.js';
import { openTextOf } from '../text/open-text.js';
import type { OpenAnyModel } from '../model/opened-model.js';
import { hasOwnTokenizer, tokenizerFolder } from '../folder/tokenizer-folder.js';

/**
 * Reads the companion files of a model that is written again, from the folders it was read from.
 *
 * @param options `text`: what the model was trained with, if that is another template than its own; `output` is warned
 * where the template does not say how turns end.
 */
export async function readCompanions(
  model: Pick<OpenAnyModel, 'config' | 'source' | 'textFolders' | 'tokenizer'>,
  host: Pick<ModelHost, 'openTemplate'>,
  { text, output }: { readonly text?: ModelText; readonly output?: TextOutput } = {},
): Promise<CompanionFiles> {
  const { source, textFolders, tokenizer } = model;
  const own = text ?? (tokenizer ? await openTextOf(textFolders, host) : undefined);
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
  { config, textFolders, tokenizer }: Pick<OpenAnyModel, 'config' | 'textFolders' | 'tokenizer'>,
  text: ModelText | undefined,
): Promise<Record<string, unknown>> {
  const folder = await tokenizerFolder(textFolders);
  const files: Record<string, unknown> = {};
  if (folder) {
    for (const name of TOKENIZER_FILES) {
      if (await hasEntry(folder, name)) files[name] = await readText(folder, name);
    }
    // What a tokenizer of ours is, a meta.json says; one of Hugging Face's is in its own files.
    if (tokenizer && (await hasOwnTokenizer(folder))) {
      const { vocabSize } = isClassifierConfig(config) ? config.body : config;
      Object.assign(files, await tokenizerFiles(tokenizer, vocabSize));
    }
  }
  return { ...files, ...templateFile(text, folder) };
}

/** The chat template as a file of its own, unless it is among those of the tokenizer. */
function templateFile(text: ModelText | undefined, folder: Folder | undefined): Record<string, string> {
  const { template, templateFolder } = text ?? {};
  return template && (templateFolder === undefined || templateFolder !== folder?.name)
    ? { [TEMPLATE_FILE]: template.source }
    : {};
}
