import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';

/** Whom this process runs as. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** `undefined` on Windows, which has no such numbers. */
function thisProcess(): Identity | undefined {
  const { getuid, getgid } = process;
  return getuid && getgid ? { uid: getuid(), gid: getgid() } : undefined;
}

const WRITE = { group: 0o020, others: 0o002 };
const ENTER = 0o011;
const STICKY = 0o1000;

/** A path and the folders above it, from the root on. */
function withFoldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [...withFoldersAbove(above), path];
}

/** True if a group is that of one user alone, as Debian and Fedora make one for each: of the same number, too. */
const isPrivate = ({ gid }: Stats, me: Identity) => gid === me.gid && gid === me.uid;

function faultOf(path: string, isLast: boolean, stats: Stats, me: Identity): string | undefined {
  if (stats.uid !== me.uid && stats.uid !== 0) return `${path} belongs to another user (${stats.uid})`;
  if (stats.isSymbolicLink()) return undefined;
  // In a folder such as /tmp, everybody can make something, but nobody replace what is another's.
  if (!isLast && stats.mode & STICKY) return undefined;
  const byGroup = stats.mode & WRITE.group && stats.gid !== 0 && !isPrivate(stats, me);
  if (!byGroup && !(stats.mode & WRITE.others)) return undefined;
  return `other users may write to ${path} (mode ${(stats.mode & 0o7777).toString(8)})`;
}

function faultOnTheWay(path: string, me: Identity): string | undefined {
  for (const at of withFoldersAbove(path)) {
    const stats = lstatSync(at);
    const fault = faultOf(at, at === path, stats, me);
    if (fault !== undefined) return fault;
    // What others cannot enter they cannot write to, whatever the modes within.
    if (stats.isDirectory() && stats.uid === me.uid && !(stats.mode & ENTER)) return undefined;
  }
  return undefined;
}

/**
 * Why another user of the machine could have put something into a file or folder: it, or a folder above it, is another
 * user's, or may be written to by others. `undefined` where only this user can, and root; and on Windows, where nothing is
 * looked at.
 *
 * @param path absolute, and there.
 */
export function writableByOthers(path: string, me: Identity | undefined = thisProcess()): string | undefined {
  if (!isAbsolute(path)) return `${path} is relative: which folder it is depends on where the command is run`;
  if (!me) return undefined;
  try {
    // Links on the way have owners, too, and so has what they lead to.
    return faultOnTheWay(path, me) ?? faultOnTheWay(realpathSync(path), me);
  } catch (error) {
    return `${path} cannot be looked at: ${(error as Error).message}`;
  }
}
