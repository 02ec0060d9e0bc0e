import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AttuneError } from '@attune/core';
import { checkedAddress, type CheckedAddress } from './checksum.js';
import { checkWheelName } from './this-machine.js';

/** TensorFlow's C API, unpacked: what the addon is compiled and linked with. */
export interface Libtensorflow {
  /** The folder of headers, with `tensorflow/c/c_api.h` in it. */
  readonly include: string;
  /** The folder of the libraries. */
  readonly libraries: string;
  /** The files to link with. */
  readonly files: readonly string[];
}

/** The value of `--libtensorflow`. */
export type Source =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'files'; readonly files: readonly string[] }
  | ({ readonly kind: 'url' } & CheckedAddress);

const isArchive = (name: string) => /\.(whl|tar|tgz|tar\.gz|tar\.xz|tar\.bz2)$/.test(name);

/** How libraries are called: in TensorFlow's archives, and in its wheels. */
const main = [/^libtensorflow\.so(\.2)?$/, /^libtensorflow_cc\.so\.2$/, /^libtensorflow\.so\.2\.[\d.]+$/];
const framework = [/^libtensorflow_framework\.so(\.2)?$/, /^libtensorflow_framework\.so\.2\.[\d.]+$/];

function archives(files: readonly string[]): Source {
  files.forEach((file) => checkWheelName(file));
  return { kind: 'files', files };
}

/**
 * Tells what a path or an address is.
 *
 * @param sha256 of what the address has.
 * @throws AttuneError FILE_NOT_FOUND or FILE_CORRUPT; INVALID_CONFIG for an address that is not encrypted or has no checksum.
 */
export function sourceOf(given: string, sha256?: string): Source {
  if (/^https?:\/\//i.test(given)) {
    const address = checkedAddress(given, sha256);
    const { pathname } = new URL(address.url);
    if (isArchive(pathname)) return { kind: 'url', ...address };
    throw new AttuneError('FILE_CORRUPT', `${given} is neither a wheel nor a tar archive, by its name.`);
  }
  if (sha256 !== undefined) {
    throw new AttuneError('INVALID_CONFIG', '--sha256 goes with an address; this is a path.');
  }
  const path = resolve(given);
  if (!existsSync(path)) {
    throw new AttuneError('FILE_NOT_FOUND', `There is no libtensorflow at ${path}.`);
  }
  if (!statSync(path).isDirectory()) {
    if (isArchive(path)) return archives([path]);
    throw new AttuneError('FILE_CORRUPT', `${path} is neither a folder nor a wheel nor a tar archive.`);
  }
  if (findLibtensorflow(path)) return { kind: 'folder', folder: path };
  const files = readdirSync(path).filter(isArchive);
  if (files.length > 0) return archives(files.map((name) => join(path, name)));
  throw notTensorflow(path);
}

/** The error for a folder or archive without TensorFlow's C API. */
export function notTensorflow(given: string): AttuneError {
  return new AttuneError(
    'FILE_CORRUPT',
    `${given} has no libtensorflow: neither include/tensorflow/c/c_api.h nor the libraries beside it.`,
    {
      fix:
        "Give the folder, archive or wheel of TensorFlow's C library, or what " +
        "`pip install --target tf 'tensorflow[and-cuda]'` made.",
    },
  );
}

function librariesIn(folder: string): string[] | undefined {
  if (!existsSync(folder)) return undefined;
  const names = readdirSync(folder);
  const pick = (patterns: readonly RegExp[]) =>
    patterns.flatMap((pattern) => names.filter((name) => pattern.test(name)))[0];
  const [first, second] = [pick(main), pick(framework)];
  return first && second ? [join(folder, first), join(folder, second)] : undefined;
}

/** Finds headers and libraries in a folder: an archive's, a wheel's, or one that Python's packages are installed in. */
export function findLibtensorflow(folder: string): Libtensorflow | undefined {
  for (const root of [folder, join(folder, 'tensorflow')]) {
    const include = join(root, 'include');
    if (!existsSync(join(include, 'tensorflow', 'c', 'c_api.h'))) continue;
    for (const libraries of [join(root, 'lib'), root]) {
      const files = librariesIn(libraries);
      if (files) return { include, libraries, files };
    }
  }
  return undefined;
}
