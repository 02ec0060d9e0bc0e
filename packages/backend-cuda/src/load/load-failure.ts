import { basename } from 'node:path';
import { AttuneError } from '@attune/core';
import type { Driver } from './driver.js';
import type { Environment } from './environment.js';
import { faultOfPrepared, preparedFolder } from './prepared-folder.js';
import { PACKAGE } from './package.js';

/** Which part is missing. Each has a fix of its own. */
export type FailureKind = 'package' | 'addon' | 'library' | 'gpu' | 'other';

const GUIDE = 'The guide on CUDA (docs/guide/cuda.md) has each step.';
const SETUP = 'attune setup cuda --libtensorflow <folder, archive or wheel>';

/** Why TensorFlow cannot be used, and what to do about it. */
export class LoadFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly reason: string,
    readonly fix?: string,
    options?: ErrorOptions,
  ) {
    super(fix ? `${reason}. ${fix}` : reason, options);
  }

  /** As the error that `create` throws. */
  toAttuneError(): AttuneError {
    const { kind, reason, fix } = this;
    return new AttuneError('BACKEND_UNAVAILABLE', `The CUDA backend cannot start: ${reason}.`, {
      cause: this.cause ?? this,
      data: { kind },
      ...(fix && { fix }),
    });
  }
}

/** The sentence about `ATTUNE_CUDA_DIR` where no package was found. */
const unprepared = (env: Environment) =>
  env['ATTUNE_CUDA_DIR']
    ? `, and ATTUNE_CUDA_DIR names ${env['ATTUNE_CUDA_DIR']}, where nothing is prepared`
    : '';

/** The package is not there, or only in a prepared folder that another user could have filled. */
export function packageMissing(env: Environment, cause?: unknown): LoadFailure {
  const folder = preparedFolder(env);
  const fault = faultOfPrepared(folder);
  if (fault !== undefined) {
    return new LoadFailure(
      'package',
      `nothing is loaded from ${folder}: ${fault}`,
      `Make the folder, and those above it, writable for you alone (chmod -R go-w), or prepare another one: ${SETUP} ` +
        '--dir <absolute path>.',
      { cause },
    );
  }
  return new LoadFailure(
    'package',
    `the package ${PACKAGE} is not installed${unprepared(env)}`,
    `Run: ${SETUP}. ${GUIDE}`,
    { cause },
  );
}

/** The package is there, but not its native addon: its install script did not run, or found nothing to download. */
export function addonMissing(addon: string, cause?: unknown): LoadFailure {
  return new LoadFailure(
    'addon',
    `${PACKAGE} has no native addon at ${addon}`,
    `Build one: ${SETUP}. Its own advice, to rebuild it with npm, removes the libraries that are there first.`,
    { cause },
  );
}

/** The addon is there, but the dynamic linker did not load it. `text` is what the linker says. */
export function libraryMissing(text: string, cause?: unknown): LoadFailure {
  const [, file] = /(?:^|\s)(\S+): cannot open shared object file/.exec(text) ?? [];
  const library = file && basename(file);
  if (library && /^libtensorflow/.test(library)) {
    return new LoadFailure(
      'library',
      `TensorFlow's library ${library} is not where the addon looks for it`,
      `Put it back, or prepare the addon for another one: ${SETUP} --force.`,
      { cause },
    );
  }
  if (library) {
    return new LoadFailure(
      'library',
      `the library ${library}, which TensorFlow needs, is not found`,
      `Install it, or add its folder to LD_LIBRARY_PATH before the command starts. ${GUIDE}`,
      { cause },
    );
  }
  const [, glibc] = /version `?(GLIBC(?:XX)?_[\d.]+)'? not found/.exec(text) ?? [];
  if (glibc) {
    return new LoadFailure(
      'library',
      `this system is older than the libtensorflow: it lacks ${glibc}`,
      `Take an older libtensorflow, or a newer system: ${SETUP} --force.`,
      { cause },
    );
  }
  return new LoadFailure(
    'library',
    `the native addon does not load: ${text}`,
    `Build it for this machine and this libtensorflow: ${SETUP} --force.`,
    { cause },
  );
}

/**
 * Everything loads, but TensorFlow computes on the CPU.
 *
 * @param cuda whether it was built with CUDA, where that is known.
 */
export function noGpu(version: string, driver: Driver | undefined, cuda?: boolean): LoadFailure {
  const allow =
    'To compute on the CPU all the same: --allow-cpu, or the option allowCpu; --backend cpu is the one made for it.';
  if (!driver) {
    return new LoadFailure(
      'gpu',
      `TensorFlow ${version} sees no GPU, and there is no NVIDIA driver here`,
      `Install NVIDIA's driver; give a container its GPU (docker run --gpus all). ${allow}`,
    );
  }
  if (cuda === false) {
    return new LoadFailure(
      'gpu',
      `TensorFlow ${version} was built for the CPU`,
      `Take one with CUDA: pip install --target tf 'tensorflow[and-cuda]', then attune setup cuda --libtensorflow tf ` +
        `--force. ${allow}`,
    );
  }
  const named = driver.version ? `NVIDIA's driver ${driver.version}` : `NVIDIA's driver`;
  return new LoadFailure(
    'gpu',
    `TensorFlow ${version} sees no GPU, though ${named} is there`,
    `Run: attune doctor. It names the CUDA libraries that TensorFlow did not find. ${allow}`,
  );
}

/** Tells apart what went wrong when the package was imported. */
export function loadFailureOf(error: unknown, addon: string, env: Environment): LoadFailure {
  if (error instanceof LoadFailure) return error;
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  const text = message ?? String(error);
  if ((code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && text.includes(PACKAGE)) {
    return packageMissing(env, error);
  }
  // The dynamic linker's errors name the addon too: they come first.
  if (code === 'ERR_DLOPEN_FAILED') return libraryMissing(text, error);
  if (/tfjs_binding\.node/.test(text)) return addonMissing(addon, error);
  return new LoadFailure('other', `${PACKAGE} failed to load: ${text}`, undefined, { cause: error });
}
