import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError, fileReadError } from '@attune/core';

/** Files of a data set, by what they are for. */
export interface ExampleFiles {
  readonly train: string;
  readonly validation?: string;
  readonly test?: string;
}

/** Names by which files of a folder are known; each may be packed by gzip and end in `.gz`. */
const names = {
  train: ['train.jsonl'],
  validation: ['valid.jsonl', 'validation.jsonl', 'val.jsonl'],
  test: ['test.jsonl'],
} as const;

/** The names that a data set's files may have in a folder. */
export const exampleFileNames: readonly string[] = Object.values(names)
  .flat()
  .flatMap((name) => [name, `${name}.gz`]);

const FIX = 'Name a JSONL file, or a folder with a train.jsonl (and a valid.jsonl, a test.jsonl).';

/**
 * The files of a data set: a JSONL file is for training; a folder has `train.jsonl`, and may have `valid.jsonl` (or
 * `validation.jsonl`, `val.jsonl`) and `test.jsonl`. Each may be packed by gzip: `train.jsonl.gz`.
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
    const [first, ...others] = names[part]
      .flatMap((name) => [name, `${name}.gz`])
      .filter((name) => present.has(name));
    if (others.length > 0) {
      throw new AttuneError('INVALID_ARGUMENT', `${path} has both ${first} and ${others.join(' and ')}.`, {
        fix: part === 'validation' ? 'Keep the one to validate with.' : 'Keep one of them.',
      });
    }
    return first && join(path, first);
  };
  const [train, validation, test] = [find('train'), find('validation'), find('test')];
  if (train) return { train, ...(validation && { validation }), ...(test && { test }) };
  const shown = [...present]
    .filter((name) => !name.startsWith('.'))
    .sort(jsonlFirst)
    .slice(0, 5);
  const has = shown.length > 0 ? `: it has ${shown.join(', ')}` : '';
  throw new AttuneError('FILE_NOT_FOUND', `${path} has no train.jsonl${has}.`, { fix: FIX });
}

function jsonlFirst(a: string, b: string): number {
  const rank = (name: string) => (/\.jsonl(?:\.gz)?$/.test(name) ? 0 : 1);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}
