import { AttuneError, systemCode } from '@attune/core';
import { readJson, readText, type Folder } from '@attune/files';
import { MAX_TOKENIZER_BYTES } from '../../tokenizers/tokenizer-size.js';
import { MAX_TEMPLATE_LENGTH, MAX_TEMPLATES } from '../jinja/template-size.js';
import { templateSources, type TemplateSources } from './template-sources.js';

/** A file of more bytes has more characters than a template may have. */
const MAX_TEMPLATE_BYTES = 4 * MAX_TEMPLATE_LENGTH;

/** Reads a chat template. @throws AttuneError FILE_NOT_FOUND, FILE_READ; FILE_CORRUPT if it is too large. */
export function readTemplate(folder: Folder, file: string): Promise<string> {
  return readText(folder, file, { maxBytes: MAX_TEMPLATE_BYTES, kind: 'a chat template' });
}

/**
 * The chat templates of a model folder, from all its files that hold any; `undefined` if it has none.
 *
 * @throws AttuneError FILE_CORRUPT, FILE_READ.
 */
export async function openTemplateSources(folder: Folder): Promise<TemplateSources | undefined> {
  const [config, file] = ['tokenizer_config.json', 'chat_template.jinja'];
  const limits = { maxBytes: MAX_TOKENIZER_BYTES, fix: 'Choose a model folder.' };
  return templateSources(
    (await folder.has(config)) ? await readJson(folder, config, limits) : undefined,
    (await folder.has(file)) ? await readTemplate(folder, file) : undefined,
    await namedTemplates(folder.folder('additional_chat_templates')),
  );
}

const ENDING = '.jinja';

/** Templates for special occasions: one file each. */
async function namedTemplates(folder: Folder): Promise<Record<string, string>> {
  const files = ((await namesIn(folder)) ?? []).filter((name) => name.endsWith(ENDING));
  if (files.length >= MAX_TEMPLATES) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${folder.name} has ${files.length} chat templates: more than the ${MAX_TEMPLATES - 1} that are read.`,
      { fix: 'Choose a template by name (chatml, llama3, plain) or by the path of a Jinja file.' },
    );
  }
  return Object.fromEntries(
    await Promise.all(
      files.map(async (name) => [name.slice(0, -ENDING.length), await readTemplate(folder, name)] as const),
    ),
  );
}

/** The names in a folder; `undefined` also where a file is in its place. */
async function namesIn(folder: Folder): Promise<readonly string[] | undefined> {
  return folder.list().catch((error: unknown) => {
    if (systemCode((error as AttuneError).cause) === 'ENOTDIR') return undefined;
    throw error;
  });
}
