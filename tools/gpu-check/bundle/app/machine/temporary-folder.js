import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** True where a file in the folder can be executed: /tmp may be mounted so that none can. */
function executes(folder) {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
  const { status } = spawnSync(program);
  rmSync(program);
  return status === 0;
}

/**
 * Makes a temporary folder in the first of some folders that takes files and lets them be executed: PyTorch's compiled kernels are
 * libraries, which are loaded from there. Where none lets them, it is in the first that takes files.
 *
 * @param {readonly string[]} parents
 * @throws Error where none takes files.
 */
export function makeTemporaryFolder(parents, canExecute = executes) {
  const made = [];
  const faults = [];
  let chosen;
  for (const parent of parents) {
    try {
      made.push(mkdtempSync(join(parent, '.gpu-check-')));
      if (canExecute(made.at(-1))) chosen = made.at(-1);
    } catch (error) {
      faults.push(error.message);
    }
    if (chosen !== undefined) break;
  }
  chosen ??= made[0];
  for (const folder of made) if (folder !== chosen) rmSync(folder, { recursive: true });
  if (chosen === undefined) throw new Error(`No folder takes temporary files: ${faults.join('; ')}`);
  return chosen;
}
