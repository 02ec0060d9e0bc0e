import { basename, dirname } from 'node:path';
import { AttuneError } from '@attune/core';
import type { Folder } from '@attune/files';
import { diskFolder } from '@attune/files/node';
import * as chat from '../../chat/index.js';
import {
  builtInTemplate,
  builtInTemplateNames,
  inProcessChatTemplate,
  type ChatTemplate,
  type SpecialTokens,
  type TemplateSources,
} from '../../chat/index.js';
import { jinjaChatTemplate } from '../../chat/template/jinja-template.js';
import { openTemplateSources, readTemplate } from '../../chat/template/open-template-sources.js';
import type { Tokenizer } from '../../tokenizers/index.js';
import { workerEngine, type RenderLimits } from './worker-engine.js';

export interface OpenChatTemplateOptions {
  readonly specialTokens: SpecialTokens;
  /** A template of our own by name, or the path of a Jinja file, in place of the model's. */
  readonly template?: string | undefined;
  /** The limits of rendering a template. */
  readonly limits?: RenderLimits;
}

/**
 * The special tokens of a model on disk, from all its files that name them.
 *
 * @param tokenizer of this folder.
 * @param folders where `generation_config.json` and `config.json` may lie, e.g. those of an adapter and of its model:
 * each is read from the first that has it. Default: the tokenizer's.
 * @throws AttuneError FILE_CORRUPT
 */
export function openSpecialTokens(
  folder: string,
  tokenizer: Tokenizer,
  folders: readonly string[] = [folder],
): Promise<SpecialTokens> {
  const within = folders.map((path) => diskFolder(path));
  return chat.openSpecialTokens(diskFolder(folder), tokenizer, within);
}

/**
 * The chat template of a model folder, or the one chosen instead. What comes from a file is rendered in a thread of its
 * own, with limits to its time and memory: call `close()` when it is no longer needed.
 *
 * @returns `undefined` if the model has none and none was chosen.
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT; INVALID_ARGUMENT if there is no template of the name chosen.
 */
export async function openChatTemplate(
  folder: string | Folder,
  { specialTokens, template, limits }: OpenChatTemplateOptions,
): Promise<ChatTemplate | undefined> {
  if (template !== undefined && isBuiltIn(template)) {
    return inProcessChatTemplate(builtInTemplate(template, specialTokens), specialTokens.names);
  }
  const sources =
    template === undefined
      ? await openTemplateSources(typeof folder === 'string' ? diskFolder(folder) : folder)
      : await sourcesAt(template, specialTokens);
  return sources && jinjaChatTemplate(sources, specialTokens.names, workerEngine(sources, limits));
}

function isBuiltIn(name: string): boolean {
  return (builtInTemplateNames as readonly string[]).includes(name);
}

async function sourcesAt(path: string, tokens: SpecialTokens): Promise<TemplateSources> {
  const [folder, file] = [diskFolder(dirname(path)), basename(path)];
  if (await folder.has(file)) return { name: file, templates: { default: await readTemplate(folder, file) } };
  // Neither a file nor a name: says which names there are.
  if (!/[./\\]/.test(path)) return builtInTemplate(path, tokens);
  throw new AttuneError('FILE_NOT_FOUND', `There is no chat template ${path}.`, {
    fix: `Name one of ${builtInTemplateNames.join(', ')}, or the path of a Jinja file.`,
  });
}
