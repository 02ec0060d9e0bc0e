import { fingerprintOf, fingerprintWindows } from '../tokens/fingerprint.js';

/** Labelled grey images of one size, in memory. */
export interface ImageSet {
  /** For messages, e.g. a path. */
  readonly name: string;
  /** How many. */
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** 0 … 255, image by image, row by row. */
  readonly pixels: Uint8Array;
  /** The class of each image, in [0, numLabels). */
  readonly labels: Uint8Array;
  readonly numLabels: number;
  /** The names of the classes, where they are known. */
  readonly classes?: readonly string[];
}

/** A hash of the number of images and of pixels and labels read at even distances: as of token files. */
export function imageFingerprint({ pixels, labels }: ImageSet): string {
  const read = (bytes: Uint8Array) =>
    fingerprintWindows(bytes.length).map(([start, count]) =>
      Int32Array.from(bytes.subarray(start, start + count)),
    );
  return fingerprintOf(labels.length, [...read(pixels), ...read(labels)]);
}
