import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AttuneError, isAttuneError } from '@attune/core';
import { readBytes, withFile } from '@attune/files';
import { diskFolder } from '@attune/files/node';
import { idxImages, type ImageSet } from '../../images/index.js';

const gunzipAsync = promisify(gunzip);

/** No more is read of a file, nor unpacked of a compressed one: MNIST's largest has 47 MB, EMNIST's 547. */
const LARGEST_FILE = 2 ** 30;

/** How MNIST's files begin, by split. */
const PREFIXES = { train: 'train', test: 't10k' } as const;

/** Contents of a file, and where they were found. */
interface Found {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads a file under its usual names: as it was published, with a dot for the dash, and both compressed.
 *
 * @throws AttuneError FILE_NOT_FOUND that lists the names; FILE_READ; FILE_CORRUPT if one is larger than 1 GiB, or does not
 * unpack.
 */
async function readIdxFile(folder: string, prefix: string, kind: 'images' | 'labels'): Promise<Found> {
  const stem = kind === 'images' ? 'idx3-ubyte' : 'idx1-ubyte';
  const plain = [`${prefix}-${kind}-${stem}`, `${prefix}-${kind}.${stem}`];
  const names = plain.flatMap((name) => [name, `${name}.gz`]);
  for (const name of names) {
    const found = await readFound(folder, name);
    if (!found) continue;
    return name.endsWith('.gz') ? { ...found, bytes: await unpack(found) } : found;
  }
  throw new AttuneError('FILE_NOT_FOUND', `${folder} has no ${names[0]}, ${names.slice(1).join(', ')}.`, {
    fix: 'Put the four files of MNIST, or of a set in its format, into one folder.',
  });
}

async function readFound(folder: string, file: string): Promise<Found | undefined> {
  try {
    return await withFile(diskFolder(folder), file, async (source) => ({
      name: source.name,
      bytes: await readBytes(source, { maxBytes: LARGEST_FILE, kind: 'an IDX file' }),
    }));
  } catch (error) {
    if (isAttuneError(error, 'FILE_NOT_FOUND')) return undefined;
    throw error;
  }
}

async function unpack({ name, bytes }: Found): Promise<Uint8Array> {
  try {
    return await gunzipAsync(bytes, { maxOutputLength: LARGEST_FILE });
  } catch (cause) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${name} does not unpack: it is cut off, damaged, or larger than 1 GiB.`,
      {
        fix: 'Download it again.',
        cause,
      },
    );
  }
}

/**
 * The images of MNIST, or of a set in its format (Fashion-MNIST, Kuzushiji-MNIST, …), from the folder that holds its IDX
 * files, compressed or not.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ, FILE_EMPTY or FILE_CORRUPT, naming the file. None may be larger than 1 GiB.
 */
export async function mnistFiles(
  folder: string,
  split: 'train' | 'test',
  { numLabels = 10 }: { readonly numLabels?: number } = {},
): Promise<ImageSet> {
  const images = await readIdxFile(folder, PREFIXES[split], 'images');
  const labels = await readIdxFile(folder, PREFIXES[split], 'labels');
  return idxImages({
    images: images.bytes,
    labels: labels.bytes,
    imagesName: images.name,
    labelsName: labels.name,
    numLabels,
  });
}
