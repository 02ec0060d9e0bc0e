import { AttuneError } from '@attune/core';
import type { Folder } from '@attune/files';
import { TRAIN_BIN, VAL_BIN, type TokenMeta } from '../prepare/token-meta.js';
import type { Split } from '../tokens/index.js';

/**
 * Names of the files that make up a split, in their order: those that `meta.json` lists under `shards`; else `train.bin`
 * (`val.bin`); else every file that is named like `train_000.bin` or, as llm.c's are, `fineweb_train_000001.bin`, by its
 * number. None if there is nothing, or a server does not tell.
 *
 * @throws AttuneError FILE_READ if the folder cannot be read; FILE_NOT_FOUND if a number is missing between the first and the
 * last; INVALID_ARGUMENT if files of two data sets lie together.
 */
export async function splitFiles(
  folder: Folder,
  split: Split,
  meta: Pick<TokenMeta, 'shards'> = {},
): Promise<readonly string[]> {
  if (meta.shards) return meta.shards[split];
  const names = (await folder.list()) ?? [];
  const whole = split === 'train' ? TRAIN_BIN : VAL_BIN;
  return names.includes(whole) ? [whole] : shardsOf(folder.name, names, split);
}

interface Shard {
  readonly name: string;
  /** The part of the name before `train` or `val`. */
  readonly prefix: string;
  readonly number: number;
}

function shardsOf(folder: string, names: readonly string[], split: Split): string[] {
  const pattern = new RegExp(`^(|.*_)${split}(?:_(\\d{1,9}))?\\.bin$`);
  const shards = names
    .map((name) => pattern.exec(name))
    .filter((match) => match !== null)
    .map(([name, prefix, number]): Shard => ({ name, prefix: prefix!, number: Number(number ?? 0) }))
    .sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1));

  for (const [i, { name, prefix, number }] of shards.entries()) {
    const before = shards[i - 1];
    if (!before) continue;
    if (prefix !== before.prefix || number === before.number) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `${folder}: ${before.name} and ${name} are not of one data set.`,
        {
          fix: `Keep one data set in a folder, or list the files under "shards" in meta.json.`,
        },
      );
    }
    if (number !== before.number + 1) {
      throw new AttuneError(
        'FILE_NOT_FOUND',
        `${folder}: between ${before.name} and ${name}, a shard is missing.`,
        {
          fix: 'Get it, or list the files to use under "shards" in meta.json.',
        },
      );
    }
  }
  return shards.map(({ name }) => name);
}
