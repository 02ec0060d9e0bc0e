import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isAttuneError, withoutFix } from '@attune/core';
import { launcherOf } from './launcher.js';
import { candidates, libraryVariable } from './library/candidates.js';

/** The MPI library of a machine, as far as it shows without being started. */
export type MpiProbe =
  | { readonly available: true; /** E.g. `Open MPI 4.1.4`. */ readonly name: string; readonly file: string }
  | { readonly available: false; readonly reason: string; readonly fix?: string };

/** A library is loaded in less; one on a network that is down is not waited for. */
const TIMEOUT_MS = 10_000;

/**
 * Looks for the library that {@link openMpi} would load. It is loaded in a process of its own, which one that is broken may take
 * down, and without the launcher's variables: a rank that asks does not join the task.
 */
export async function probeMpi(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<MpiProbe> {
  try {
    const preferred = launcherOf(environment)?.libraries ?? [];
    const libraries = candidates(preferred, process.platform, environment[libraryVariable] || undefined);
    const script = fileURLToPath(new URL('./library/print-library.js', import.meta.url));
    const { PATH, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH } = environment;
    const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(libraries)], {
      ...{ timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 20 },
      env: { PATH, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH },
    });
    return JSON.parse(stdout.split('\n').at(-2) ?? '') as MpiProbe;
  } catch (error) {
    if (isAttuneError(error))
      return { available: false, reason: withoutFix(error), ...(error.fix && { fix: error.fix }) };
    const { signal } = error as { signal?: string };
    return { available: false, reason: `loading the MPI library ends the process (${signal ?? 'it fails'})` };
  }
}
