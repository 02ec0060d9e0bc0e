import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** When a process began, in the system's own count; `0` where there is no `/proc`. A later one may have the same pid. */
function beginOf(pid: number): string {
  try {
    // The command, in parentheses, may hold blanks: fields are counted from behind it. The start is the 22nd.
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    return '0';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is not ours to signal, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Where pids mean the same processes: a machine, or a container on it. */
function machine(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Only Linux has them.
  }
  return createHash('sha256').update(`${hostname()}\0${namespace}`).digest('hex').slice(0, 8);
}

const OWNER = /^([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{8}$/;

/** A name for one task of this process, that no other has. */
export function createOwner(): string {
  const { pid } = process;
  return `${machine()}-${pid}-${beginOf(pid)}-${randomBytes(4).toString('hex')}`;
}

/** Whether the process of an owner is at work: `unknown` if it is another machine's. */
export function stateOfOwner(owner: string): 'alive' | 'gone' | 'unknown' {
  const [, where, pid, began] = OWNER.exec(owner) ?? [];
  if (where !== machine()) return 'unknown';
  return isAlive(Number(pid)) && beginOf(Number(pid)) === began ? 'alive' : 'gone';
}
