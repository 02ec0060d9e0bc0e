import { AttuneError } from '@attune/core';
import type { ImageSet } from './image-set.js';

/** The contents of an IDX file: an array of bytes. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Element types of the format, by their code. Only bytes are read: MNIST and its kin have nothing else. */
const TYPES: Readonly<Record<number, string>> = {
  0x08: 'unsigned bytes',
  0x09: 'signed bytes',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
};

const UNSIGNED_BYTES = 0x08;

/** The fix for a file that is not IDX. */
const AGAIN =
  'It may have been cut off, or is still compressed: download it again, and pass .gz files as they are.';

/**
 * Reads an IDX file: two zero bytes, the type of the elements, the number of axes, the length of each as a big-endian
 * uint32, and the elements. The data is not copied.
 *
 * Source: LeCun, Cortes and Burges, "The MNIST database", file formats.
 *
 * @param name of the file, for messages.
 * @throws AttuneError FILE_EMPTY; FILE_CORRUPT if the header is none, or does not fit the size of the file.
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const corrupt = (what: string) => new AttuneError('FILE_CORRUPT', `${name} ${what}.`, { fix: AGAIN });
  if (bytes.length === 0) throw new AttuneError('FILE_EMPTY', `${name} has no bytes.`, { fix: AGAIN });
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || !TYPES[bytes[2]!]) {
    throw corrupt('is no IDX file: it does not begin with two zero bytes and a type');
  }
  const [type, rank] = [bytes[2]!, bytes[3]!];
  if (type !== UNSIGNED_BYTES) throw corrupt(`holds ${TYPES[type]}, but only unsigned bytes are read`);
  const header = 4 + 4 * rank;
  if (rank === 0 || bytes.length < header) throw corrupt(`ends within its header of ${rank} axes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis, false));
  const elements = shape.reduce((size, length) => size * length, 1);
  if (elements !== bytes.length - header) {
    throw corrupt(
      `should hold [${shape.join(', ')}] bytes, but has ${bytes.length - header} after its header`,
    );
  }
  return { shape, data: bytes.subarray(header) };
}

/** The two files of a set: their contents, not compressed, and their names for messages. */
export interface IdxFiles {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly imagesName?: string;
  readonly labelsName?: string;
  /** Classes there are. Default: one more than the largest label. */
  readonly numLabels?: number;
}

/**
 * The images and labels of two IDX files, such as MNIST's.
 *
 * @throws AttuneError FILE_EMPTY or FILE_CORRUPT if a file is damaged, or the two do not belong together.
 */
export function idxImages(files: IdxFiles): ImageSet {
  const { imagesName = 'the file of images', labelsName = 'the file of labels' } = files;
  const images = parseIdx(files.images, imagesName);
  const labels = parseIdx(files.labels, labelsName);
  const corrupt = (message: string, fix: string) => new AttuneError('FILE_CORRUPT', message, { fix });
  const [count, height, width] = images.shape;
  if (images.shape.length !== 3 || labels.shape.length !== 1) {
    const [found, what] =
      images.shape.length === 3
        ? [labels, `${labelsName} must have one axis`]
        : [images, `${imagesName} must have three axes`];
    throw corrupt(`${what}, but has [${found.shape.join(', ')}].`, 'Are the two files exchanged?');
  }
  if (count !== labels.shape[0]) {
    throw corrupt(
      `${imagesName} has ${count} images, but ${labelsName} ${labels.shape[0]} labels.`,
      'Take both files from the same split.',
    );
  }
  if (images.data.length === 0) {
    throw new AttuneError('FILE_EMPTY', `${imagesName} has no images.`, { fix: AGAIN });
  }
  const largest = labels.data.reduce((a, b) => Math.max(a, b), 0);
  const numLabels = files.numLabels ?? largest + 1;
  if (largest >= numLabels) {
    throw corrupt(
      `${labelsName} has the label ${largest}, but there are ${numLabels} classes.`,
      'Set numLabels to the number of classes.',
    );
  }
  return {
    name: imagesName,
    count: count!,
    height: height!,
    width: width!,
    pixels: images.data,
    labels: labels.data,
    numLabels,
  };
}
