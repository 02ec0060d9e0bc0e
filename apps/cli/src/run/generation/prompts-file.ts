import { AttuneError, fileReadError } from '@attune/core';
import { readJsonLines, readTextChunks } from '@attune/data/node';

/** A prompt of a file. */
export interface FilePrompt {
  readonly text: string;
  /** Counted from 1, blank ones too. */
  readonly line: number;
}

const CHUNK_BYTES = 2 ** 16;

async function textLines(path: string): Promise<FilePrompt[]> {
  let text = '';
  for await (const chunk of readTextChunks([path], CHUNK_BYTES)) text += chunk.text;
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((line, index) => ({ text: line, line: index + 1 }))
    .filter((prompt) => prompt.text.trim() !== '');
}

async function jsonPrompts(path: string): Promise<FilePrompt[]> {
  const prompts: FilePrompt[] = [];
  for await (const { value, line } of readJsonLines(path)) {
    const text = Object.hasOwn(value, 'prompt') ? value['prompt'] : undefined;
    if (typeof text !== 'string') {
      const found = text === null ? '"prompt" is null' : 'there is no text under "prompt"';
      throw new AttuneError('INVALID_EXAMPLE', `${path}, line ${line}: ${found}.`, {
        fix: 'Write one object a line: {"prompt": "Once upon a time"}.',
      });
    }
    prompts.push({ text, line });
  }
  return prompts;
}

/**
 * The prompts of a file: one a line; or, of a `.jsonl` file, the `prompt` of each object. Blank lines are passed over. Files
 * that gzip has packed (`.jsonl.gz`) are unpacked.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT, UNSUPPORTED_FILE, INVALID_EXAMPLE.
 */
export async function readPrompts(path: string): Promise<readonly FilePrompt[]> {
  const prompts = await (/\.jsonl(?:\.gz)?$/.test(path) ? jsonPrompts(path) : textLines(path)).catch(
    (error: unknown) => {
      throw fileReadError(path, error, 'Name a file with one prompt a line.');
    },
  );
  if (prompts.length === 0) {
    throw new AttuneError('FILE_EMPTY', `${path} has no prompt.`, { fix: 'Write one prompt a line.' });
  }
  return prompts;
}
