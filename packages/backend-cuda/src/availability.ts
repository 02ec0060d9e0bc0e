import { existsSync, readdirSync } from 'node:fs';
import type { Availability } from '@attune/core';
import type { Driver } from './load/driver.js';
import type { Environment } from './load/environment.js';
import { addonMissing, libraryMissing, packageMissing } from './load/load-failure.js';
import type { Located } from './load/locate.js';
import { PACKAGE } from './load/package.js';

/** The files of this machine. Tests bring their own. */
export interface Files {
  exists(path: string): boolean;
  /** Names of the files in a folder; none where there is no such folder. */
  list(folder: string): readonly string[];
}

const files: Files = {
  exists: existsSync,
  list: (folder) => (existsSync(folder) ? readdirSync(folder) : []),
};

/** True if a folder holds TensorFlow's library: `libtensorflow_cc.so.2`, `libtensorflow.so`, `tensorflow.dll`. */
const holdsTensorflow = (names: readonly string[]) =>
  names.some((name) => /^(lib)?tensorflow.*\.(so|dll)\b/.test(name));

/**
 * Tells by the files that are there if the backend can run. Nothing is loaded, since a native library cannot be
 * unloaded, and would stay with a process that takes another backend.
 *
 * Without a driver there is still TensorFlow on the CPU, for whoever allows it. That counts as a software adapter: `auto` passes
 * it over, and asking for it by name is answered by `create`.
 */
export function availabilityOf(
  located: Located | undefined,
  driver: Driver | undefined,
  env: Environment = {},
  { exists, list }: Files = files,
): Availability {
  if (!located && !driver) {
    return {
      available: false,
      reason: `there is no NVIDIA driver here, and ${packageMissing(env).reason}`,
      fix: 'On a machine with an NVIDIA GPU: attune setup cuda.',
    };
  }
  const failure = !located
    ? packageMissing(env)
    : !exists(located.addon)
      ? addonMissing(located.addon)
      : !holdsTensorflow(list(located.libraries))
        ? libraryMissing(`${located.libraries}/libtensorflow: cannot open shared object file`)
        : undefined;
  if (failure) return { available: false, reason: failure.reason, ...(failure.fix && { fix: failure.fix }) };
  const { prepared, version } = located!;
  const library = prepared ? `TensorFlow ${prepared.tensorflow}` : `${PACKAGE} ${version}`;
  return driver
    ? {
        available: true,
        description: `${library}, NVIDIA driver${driver.version ? ` ${driver.version}` : ''}`,
      }
    : { available: true, software: true, description: `${library} on the CPU: no NVIDIA driver` };
}
