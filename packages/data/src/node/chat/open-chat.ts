import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AttuneError, fileReadError, systemCode } from '@attune/core';
import {
  builtInTemplate,
  builtInTemplateNames,
  inProcessChatTemplate,
  specialTokensOf,
  templateSources,
  type ChatTemplate,
  type SpecialTokens,
  type TemplateSources,
} from '../../chat/index.js';
import { jinjaChatTemplate } from '../../chat/jinja-template.js';
import { MAX_TEMPLATE_LENGTH, MAX_TEMPLATES } from '../../chat/template-size.js';
import type { Tokenizer } from '../../tokenizers/index.js';
import { readJson } from '../read-json.js';
import { workerEngine, type RenderLimits } from './worker-engine.js';

/** A file of more bytes has more characters than a template may have. */
const MAX_TEMPLATE_BYTES = 4 * MAX_TEMPLATE_LENGTH;

export interface OpenChatTemplateOptions {
  readonly specialTokens: SpecialTokens;
  /** A template of our own by name, or the path of a Jinja file, in place of the model's. */
  readonly template?: string;
  /** What the template may use up. */
  readonly limits?: RenderLimits;
}

/**
 * The special tokens of a model, from all its files that name them.
 *
 * @param tokenizer of this folder.
 * @param folders where `generation_config.json` and `config.json` may lie, e.g. those of an adapter and of its model:
 * each is read from the first that has it. Default: the tokenizer's.
 * @throws AttuneError FILE_CORRUPT
 */
export async function openSpecialTokens(
  folder: string,
  tokenizer: Tokenizer,
  folders: readonly string[] = [folder],
): Promise<SpecialTokens> {
  const read = async (name: string, within: readonly string[]) => {
    for (const one of within) {
      const path = join(one, name);
      if (await isFile(path)) return readJson(path, 'Choose a model folder.');
    }
    return undefined;
  };
  return specialTokensOf(tokenizer, {
    specialTokensMap: await read('special_tokens_map.json', [folder]),
    generationConfig: await read('generation_config.json', folders),
    config: await read('config.json', folders),
  });
}

/**
 * The chat template of a model folder, or the one chosen instead. What comes from a file is rendered in a thread of its
 * own, with limits to its time and memory: call `close()` when it is no longer needed.
 *
 * @returns `undefined` if the model has none and none was chosen.
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT; INVALID_ARGUMENT if there is no template of the name chosen.
 */
export async function openChatTemplate(
  folder: string,
  { specialTokens, template, limits }: OpenChatTemplateOptions,
): Promise<ChatTemplate | undefined> {
  if (template !== undefined && isBuiltIn(template)) {
    return inProcessChatTemplate(builtInTemplate(template, specialTokens), specialTokens.names);
  }
  const sources = template === undefined ? await sourcesIn(folder) : await sourcesAt(template, specialTokens);
  return sources && jinjaChatTemplate(sources, specialTokens.names, workerEngine(sources, limits));
}

function isBuiltIn(name: string): boolean {
  return (builtInTemplateNames as readonly string[]).includes(name);
}

async function sourcesAt(path: string, tokens: SpecialTokens): Promise<TemplateSources> {
  if (await isFile(path)) return { name: basename(path), templates: { default: await readTemplate(path) } };
  // Neither a file nor a name: says which names there are.
  if (!/[./\\]/.test(path)) return builtInTemplate(path, tokens);
  throw new AttuneError('FILE_NOT_FOUND', `There is no chat template ${path}.`, {
    fix: `Name one of ${builtInTemplateNames.join(', ')}, or the path of a Jinja file.`,
  });
}

async function sourcesIn(folder: string): Promise<TemplateSources | undefined> {
  const config = join(folder, 'tokenizer_config.json');
  const file = join(folder, 'chat_template.jinja');
  return templateSources(
    (await isFile(config)) ? await readJson(config, 'Choose a model folder.') : undefined,
    (await isFile(file)) ? await readTemplate(file) : undefined,
    await namedTemplates(join(folder, 'additional_chat_templates')),
  );
}

/** Templates for special occasions: one file each. */
async function namedTemplates(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw fileReadError(folder, error);
  });
  const files = names.filter((name) => name.endsWith('.jinja'));
  if (files.length >= MAX_TEMPLATES) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${folder} has ${files.length} chat templates: more than the ${MAX_TEMPLATES - 1} that are read.`,
      { fix: 'Choose a template by name (chatml, llama3, plain) or by the path of a Jinja file.' },
    );
  }
  return Object.fromEntries(
    await Promise.all(
      files.map(async (name) => [basename(name, '.jinja'), await readTemplate(join(folder, name))] as const),
    ),
  );
}

async function readTemplate(path: string): Promise<string> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) throw new AttuneError('FILE_READ', `${path} is not a file.`);
    const { size } = stats;
    if (size <= MAX_TEMPLATE_BYTES) return await readFile(path, 'utf8');
    throw new AttuneError('FILE_CORRUPT', `${path} has ${size} bytes: more than a chat template has.`);
  } catch (error) {
    throw fileReadError(path, error);
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw fileReadError(path, error);
  }
}
