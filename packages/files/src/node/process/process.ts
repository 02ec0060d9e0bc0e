import { readFileSync } from 'node:fs';
import { systemCode } from '@attune/core';

/** When a process started, in the system's own count; `null` where there is no `/proc`. A later one may have the same pid. */
export function processStartTime(pid: number): string | null {
  try {
    // The command, in parentheses, may hold blanks: fields are counted from behind it. The start is the 22nd.
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** True if there is a process of this pid. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is not ours to signal, but it is there.
    return systemCode(error) === 'EPERM';
  }
}
