import { AttuneError } from '../errors/index.js';
import { bytesOf, formatSpec, sizeOf, type TensorSpec, type TensorSpecs } from './spec.js';

/** The most elements of a tensor: its indices are 32-bit, as in most engines. */
export const MAX_ELEMENTS = 2 ** 31 - 1;

/** The largest finite float32: what is not at most this is infinite or NaN. */
export const MAX_F32 = 3.4028234663852886e38;

/**
 * The score of a position that attention masks out. Finite, so that it is plain JSON and the softmax of a row that is
 * masked out entirely is no NaN; far below any real score, so that its weight is 0.
 */
export const MASKED_SCORE = -1e30;

/**
 * Checks that a tensor has no more elements than any backend takes.
 *
 * @param name for messages.
 * @throws AttuneError OUT_OF_MEMORY
 */
export function checkTensorSize(name: string, spec: TensorSpec): void {
  const size = sizeOf(spec.shape);
  if (!(size > MAX_ELEMENTS)) return;
  throw new AttuneError(
    'OUT_OF_MEMORY',
    `The tensor "${name}" (${formatSpec(spec)}) would have ${size} elements, but at most ${MAX_ELEMENTS} are possible.`,
    { fix: 'Lower the sizes it is made of.', data: { tensor: name, elements: size } },
  );
}

/**
 * Checks the sizes of tensors before any of them is allocated.
 *
 * @throws AttuneError OUT_OF_MEMORY
 */
export function checkTensorSizes(specs: TensorSpecs): void {
  for (const [name, spec] of Object.entries(specs)) checkTensorSize(name, spec);
}

/** One thing that takes memory. */
export interface MemoryNeed {
  /** For messages: `the optimizer's moments`. */
  readonly what: string;
  readonly bytes: number;
}

/** Bytes of tensors, all together. */
export function totalBytes(specs: TensorSpecs | readonly TensorSpec[]): number {
  let bytes = 0;
  for (const spec of Object.values(specs)) bytes += bytesOf(spec);
  return bytes;
}

/**
 * Compares what something takes with what there is, before any of it is allocated.
 *
 * @param subject for messages: `Training`.
 * @param available bytes.
 * @param fix what to lower.
 * @throws AttuneError OUT_OF_MEMORY that says what takes how much.
 */
export function requireMemory(
  subject: string,
  needs: readonly MemoryNeed[],
  available: number,
  fix: string,
): void {
  const total = needs.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= available) return;
  const parts = needs.map(({ what, bytes }) => `${formatBytes(bytes)} for ${what}`);
  throw new AttuneError(
    'OUT_OF_MEMORY',
    `${subject} takes at least ${formatBytes(total)} of memory, but there are ${formatBytes(available)}: ${parts.join(', ')}.`,
    { fix, data: { total, available } },
  );
}

function formatBytes(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value >= 1000 ? Math.round(value) : Number(value.toPrecision(3))} ${units[unit]}`;
}
