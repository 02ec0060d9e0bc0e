import { AttuneError, Random } from '@attune/core';
import type { ImageSet } from '@attune/data';
import { drawGlyph } from './draw-glyph.js';
import { digitGlyphs, letterGlyphs, type Glyph } from './glyphs.js';

/** Which images are drawn. */
export interface DrawnImagesOptions {
  /** How many. */
  readonly count: number;
  /** Default 1. */
  readonly seed?: number;
  /** Height and width. Default 28, as MNIST's. */
  readonly size?: number;
}

/** Streams of a seed, so that digits and letters are drawn by different hands ("digi" and "lett" in ASCII). */
const STREAMS = { digits: 0x64696769, letters: 0x6c657474 } as const;

/** Random words kept for one image: more than are drawn for it, at sizes up to 80. */
const WORDS_PER_IMAGE = 2 ** 12;

/**
 * Drawn digits: 28 × 28 grey pixels and a label, like MNIST's, but made here, by strokes that no two images place alike. The
 * same seed gives the same images on every machine, and fewer images are the first of more.
 *
 * @throws AttuneError INVALID_ARGUMENT.
 */
export function drawnDigits(options: DrawnImagesOptions): ImageSet {
  return draw('digits', digitGlyphs, options);
}

/**
 * Drawn capital letters, twelve of them, in the same hand as {@link drawnDigits}: a second task for what was trained on the
 * first.
 *
 * @throws AttuneError INVALID_ARGUMENT.
 */
export function drawnLetters(options: DrawnImagesOptions): ImageSet {
  return draw('letters', letterGlyphs, options);
}

function draw(
  kind: keyof typeof STREAMS,
  glyphs: Readonly<Record<string, Glyph>>,
  { count, seed = 1, size = 28 }: DrawnImagesOptions,
): ImageSet {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new AttuneError('INVALID_ARGUMENT', `count must be a positive integer, but is ${count}.`);
  }
  if (!Number.isInteger(size) || size < 8 || size > 80) {
    throw new AttuneError('INVALID_ARGUMENT', `size must be an integer from 8 to 80, but is ${size}.`);
  }
  const classes = Object.keys(glyphs);
  const pixels = new Uint8Array(count * size * size);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, STREAMS[kind], i * WORDS_PER_IMAGE);
    labels[i] = random.integer(classes.length);
    pixels.set(drawGlyph(random, glyphs[classes[labels[i]!]!]!, size), i * size * size);
  }
  const name = `drawn ${kind}, seed ${seed}`;
  return { name, count, height: size, width: size, pixels, labels, numLabels: classes.length, classes };
}
