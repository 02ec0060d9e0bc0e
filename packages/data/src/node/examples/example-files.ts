import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError, fileReadError } from '@attune/core';

/** Files of a data set, by what they are for. */
export interface ExampleFiles {
  readonly train: string;
  readonly validation?: string;
  readonly test?: string;
}

/** Names by which files of a folder are known. */
const names = {
  train: ['train.jsonl'],
  validation: ['valid.jsonl', 'validation.jsonl', 'val.jsonl'],
  test: ['test.jsonl'],
} as const;

const FIX = 'Name a JSONL file, or a folder with a train.jsonl (and a valid.jsonl, a test.jsonl).';

/**
 * The files of a data set: a JSONL file is for training; a folder has `train.jsonl`, and may have `valid.jsonl` (or
 * `validation.jsonl`, `val.jsonl`) and `test.jsonl`.
 *
 * @throws AttuneError FILE_NOT_FOUND; INVALID_ARGUMENT if a folder has two files for validation.
 */
export async function findExampleFiles(path: string): Promise<ExampleFiles> {
  const stats = await stat(path).catch((error: unknown) => {
    throw fileReadError(path, error, FIX);
  });
  if (!stats.isDirectory()) return { train: path };
  const present = new Set(await readdir(path));
  const find = (part: keyof typeof names): string | undefined => {
    const [first, ...others] = names[part].filter((name) => present.has(name));
    if (others.length > 0) {
      throw new AttuneError('INVALID_ARGUMENT', `${path} has both ${first} and ${others.join(' and ')}.`, {
        fix: 'Keep the one to validate with.',
      });
    }
    return first && join(path, first);
  };
  const [train, validation, test] = [find('train'), find('validation'), find('test')];
  if (train) return { train, ...(validation && { validation }), ...(test && { test }) };
  const jsonl = [...present].filter((name) => name.endsWith('.jsonl')).sort();
  const has = jsonl.length > 0 ? `: it has ${jsonl.slice(0, 5).join(', ')}` : '';
  throw new AttuneError('FILE_NOT_FOUND', `${path} has no train.jsonl${has}.`, { fix: FIX });
}
