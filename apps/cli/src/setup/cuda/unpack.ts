import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AttuneError } from '@attune/core';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import type { SetupTools } from './tools.js';

/**
 * The files that are taken out of a Python wheel: TensorFlow's libraries, the headers that the addon includes, and
 * NVIDIA's libraries. The rest of TensorFlow's wheel, two thirds of its files, is Python.
 */
const wanted = [
  /^tensorflow\/libtensorflow[^/]*\.so[^/]*$/,
  /^tensorflow\/include\/(tensorflow|tsl|xla\/tsl)\/.*\.h$/,
  /^nvidia\/.*\.so[^/]*$/,
];

/** Flags of tar's. */
const PLAIN = ['--no-same-owner', '--no-same-permissions'];

function open(file: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true, autoClose: false }, (error, zip) =>
      error ? reject(error) : resolve(zip),
    );
  });
}

function write(zip: ZipFile, entry: Entry, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error) return reject(error);
      pipeline(stream, createWriteStream(file)).then(resolve, reject);
    });
  });
}

/** Takes what is {@link wanted} out of a wheel. */
async function unpackWheel(file: string, folder: string): Promise<void> {
  const zip = await open(file);
  await new Promise<void>((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => {
      // Names that lead out of the folder are an error of the library's.
      const target = join(folder, entry.fileName);
      const done = wanted.some((pattern) => pattern.test(entry.fileName))
        ? mkdir(dirname(target), { recursive: true }).then(() => write(zip, entry, target))
        : Promise.resolve();
      done.then(() => zip.readEntry(), reject);
    });
    zip.readEntry();
  }).finally(() => zip.close());
}

/**
 * Unpacks a wheel (`.whl`) or a tar archive into a folder.
 *
 * @throws AttuneError FILE_CORRUPT.
 */
export async function unpack(file: string, folder: string, { run }: Pick<SetupTools, 'run'>): Promise<void> {
  await mkdir(folder, { recursive: true });
  try {
    if (file.endsWith('.whl')) await unpackWheel(file, folder);
    // Owners and modes are this user's, also where this user is root, and the archive says otherwise.
    else await run('tar', ['-xf', file, '-C', folder, ...PLAIN], { cwd: folder });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttuneError('FILE_CORRUPT', `${file} could not be unpacked: ${reason}`, {
      cause,
      fix: 'Give a wheel (.whl), a tar archive, or the folder that is in it.',
    });
  }
}
