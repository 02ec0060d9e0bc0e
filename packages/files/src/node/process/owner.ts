import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAlive, processStartTime } from './process.js';

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

/** Stands for the start of a process where the system does not tell it. */
const UNKNOWN_START = '0';
const startOf = (pid: number) => processStartTime(pid) ?? UNKNOWN_START;

const OWNER = /^([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{8,16}$/;

/** A name for one task of this process, that no other has and nobody can guess. */
export function createOwner(): string {
  const { pid } = process;
  return `${machine()}-${pid}-${startOf(pid)}-${randomBytes(8).toString('hex')}`;
}

/** Tells if the process of an owner is at work: `unknown` if it is another machine's. */
export function stateOfOwner(owner: string): 'alive' | 'gone' | 'unknown' {
  const [, where, pid, started] = OWNER.exec(owner) ?? [];
  if (where !== machine()) return 'unknown';
  return isAlive(Number(pid)) && startOf(Number(pid)) === started ? 'alive' : 'gone';
}
