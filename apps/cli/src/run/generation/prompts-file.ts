import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { AttuneError, fileReadError } from '@attune/core';
import { jsonLines } from '@attune/data';

/** A prompt of a file. */
export interface FilePrompt {
  readonly text: string;
  /** Counted from 1, blank ones too. */
  readonly line: number;
}

async function textLines(path: string): Promise<FilePrompt[]> {
  const bytes = await readFile(path);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AttuneError('FILE_CORRUPT', `${path} is not UTF-8.`, {
      fix: 'Convert the file first, e.g. with `iconv -f LATIN1 -t UTF-8`.',
      cause,
    });
  }
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ text: line, line: index + 1 }))
    .filter((prompt) => prompt.text.trim() !== '');
}

async function jsonPrompts(path: string): Promise<FilePrompt[]> {
  const prompts: FilePrompt[] = [];
  for await (const { value, line } of jsonLines(createReadStream(path), { name: path })) {
    const text = Object.hasOwn(value, 'prompt') ? value['prompt'] : undefined;
    if (typeof text !== 'string') {
      throw new AttuneError('INVALID_EXAMPLE', `${path}, line ${line}: there is no text under "prompt".`, {
        fix: 'Write one object a line: {"prompt": "Once upon a time"}.',
      });
    }
    prompts.push({ text, line });
  }
  return prompts;
}

/**
 * The prompts of a file: one a line; or, of a `.jsonl` file, the `prompt` of each object. Blank lines are passed over.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT, INVALID_EXAMPLE.
 */
export async function readPrompts(path: string): Promise<readonly FilePrompt[]> {
  const prompts = await (path.endsWith('.jsonl') ? jsonPrompts(path) : textLines(path)).catch(
    (error: unknown) => {
      throw fileReadError(path, error, 'Name a file with one prompt a line.');
    },
  );
  if (prompts.length === 0) {
    throw new AttuneError('FILE_EMPTY', `${path} has no prompt.`, { fix: 'Write one prompt a line.' });
  }
  return prompts;
}
