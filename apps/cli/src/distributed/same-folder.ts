import { resolve } from 'node:path';
import { AttuneError } from '@attune/core';
import type { Ranks } from '@attune/runs';

/** The flags that say which run a command works on. */
export interface FolderFlags {
  readonly out?: string | undefined;
  readonly resume?: string | undefined;
  readonly continue?: boolean | undefined;
}

/** The folder that a rank was started with. */
interface NamedFolder {
  /** `--out`, `--out --continue` or `--resume`. */
  readonly flag: string;
  /** As the user wrote it. */
  readonly path?: string;
  /** From the root, where this process would find it. */
  readonly resolved?: string;
}

function namedFolder({ out, resume, continue: continues }: FolderFlags): NamedFolder {
  const path = resume ?? out;
  const flag = resume !== undefined ? '--resume' : continues ? '--continue --out' : '--out';
  return { flag, ...(path !== undefined && { path, resolved: resolve(path) }) };
}

const written = ({ flag, path }: NamedFolder) => (path === undefined ? 'no folder' : `${flag} ${path}`);

/**
 * Checks that all ranks were started with the folder that rank 0 writes. The others look there for the run that goes on, and
 * for data of its own.
 *
 * Names are compared, and not what lies there: the same relative path may lead elsewhere on another machine, which may have
 * the disk mounted in another place. Of two names for one path (`runs/a` and `./runs/a`), either will do.
 *
 * @throws AttuneError RANKS_DISAGREE that names both folders; OtherRankFailed.
 */
export async function checkSameFolder(ranks: Ranks, flags: FolderFlags): Promise<void> {
  const own = namedFolder(flags);
  const led = JSON.parse(await ranks.share(JSON.stringify(own))) as NamedFolder;
  const isSame = own.flag === led.flag && (own.path === led.path || own.resolved === led.resolved);
  if (isSame) return ranks.meet();
  throw new AttuneError(
    'RANKS_DISAGREE',
    `The ranks would not work on the same run: here it is ${written(own)}, but ${written(led)} on rank 0.`,
    { fix: 'Start all ranks with the same folder: rank 0 writes it, and the others read in it.' },
  );
}
