import { AttuneError, duplicateKey, type Shape } from '@attune/core';
import { type ByteSource, isJsonObject, type JsonObject, parseJsonObject } from '@attune/files';
import { bitsPerElement } from './dtypes.js';

/** Bytes of the length that a file begins with. */
export const LENGTH_BYTES = 8;

/** The largest models have some 90,000 tensors, in more than a hundred files. */
const MAX_TENSORS = 2 ** 17;

/**
 * 16 MiB. The largest headers there could be, of all tensors of the largest models in one file, take 13 MB. The reference
 * implementation reads 100 MB, but a header is parsed before anything is known of it: that would cost seconds and gigabytes.
 */
const MAX_HEADER_BYTES = 2 ** 24;

/** An entry of a tensor has five strings. More of them than there may be are metadata, which nobody needs a million of. */
const MAX_STRINGS = 2 ** 20;

export const METADATA_KEY = '__metadata__';

/** The entry of a tensor in the header of a file. */
export interface SafetensorsEntry {
  /** As the file names it: `F32`, `BF16`, `I64`, … */
  readonly dtype: string;
  readonly shape: Shape;
  /** First byte, counted from the end of the header. */
  readonly begin: number;
  /** The byte after the last. */
  readonly end: number;
}

/** A header that has been checked against its file. */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  /** Where the tensors' bytes begin in the file. */
  readonly dataStart: number;
}

/** A file that is not what the format says, at a tensor where there is one to name. */
export function corruptFile(file: string, reason: string, tensor?: string, cause?: unknown): AttuneError {
  const where = tensor === undefined ? '' : `tensor "${tensor}": `;
  return new AttuneError('FILE_CORRUPT', `${file} is not a valid safetensors file: ${where}${reason}.`, {
    fix: 'Fetch or write the file again.',
    cause,
    data: tensor === undefined ? { reason } : { reason, tensor },
  });
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);

function parseMetadata(file: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isJsonObject(value) || !Object.values(value).every((text) => typeof text === 'string')) {
    throw corruptFile(file, `${METADATA_KEY} must map names to strings`);
  }
  return value as Readonly<Record<string, string>>;
}

/** Bytes of a tensor of this dtype and shape; `undefined` if no whole number of bytes that a file can have. */
function spanOf(bits: number, shape: Shape): number | undefined {
  let size = bits;
  for (const length of shape) {
    size *= length;
    if (!Number.isSafeInteger(size)) return undefined;
  }
  return size % 8 === 0 ? size / 8 : undefined;
}

function parseEntry(file: string, name: string, value: unknown): SafetensorsEntry {
  const fail = (reason: string) => corruptFile(file, reason, name);
  if (!isJsonObject(value)) throw fail('its entry must be an object');
  const { dtype, shape, data_offsets: offsets } = value;
  const bits = typeof dtype === 'string' ? bitsPerElement.get(dtype) : undefined;
  if (bits === undefined) throw fail(`dtype ${JSON.stringify(dtype) ?? 'missing'} is unknown`);
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw fail('shape must be a list of non-negative integers');
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw fail('data_offsets must be two non-negative integers');
  }
  const [begin, end] = offsets as [number, number];
  const span = spanOf(bits, shape);
  if (span !== end - begin) {
    throw fail(
      `${String(dtype)}[${shape.join(', ')}] takes ${span ?? 'no possible number of'} bytes, ` +
        `but data_offsets [${begin}, ${end}] span ${end - begin}`,
    );
  }
  return { dtype: dtype as string, shape, begin, end };
}

/** Every byte belongs to exactly one tensor: nothing is read twice, nothing is hidden between. */
function checkLayout(
  file: string,
  entries: readonly (readonly [string, SafetensorsEntry])[],
  dataBytes: number,
): void {
  let covered = 0;
  for (const [name, { begin, end }] of entries) {
    if (end > dataBytes) {
      const reason = `it ends at byte ${end}, but only ${dataBytes} bytes follow the header: the file is cut short`;
      throw corruptFile(file, reason, name);
    }
    if (begin < covered) throw corruptFile(file, 'its bytes overlap those of another tensor', name);
    if (begin > covered)
      throw corruptFile(file, `${begin - covered} bytes before it belong to no tensor`, name);
    covered = end;
  }
  if (covered !== dataBytes) {
    throw corruptFile(file, `${dataBytes - covered} bytes at its end belong to no tensor`);
  }
}

/** Refuses what would take hundreds of megabytes to parse. A quote that is escaped counts, too: few names have any. */
function checkStrings(file: string, bytes: Uint8Array): void {
  let quotes = 0;
  for (const byte of bytes) if (byte === QUOTE) quotes++;
  if (quotes > 2 * MAX_STRINGS) throw corruptFile(file, `the header has more than ${MAX_STRINGS} strings`);
}

const QUOTE = '"'.charCodeAt(0);

function parseHeader(file: string, bytes: Uint8Array): JsonObject {
  if (bytes[0] !== '{'.charCodeAt(0)) throw corruptFile(file, 'the header does not begin with "{"');
  checkStrings(file, bytes);
  const header = parseJsonObject(bytes, `The header of ${file}`);
  const count = Object.keys(header).length;
  if (count > MAX_TENSORS) {
    throw corruptFile(file, `the header names ${count} tensors, but at most ${MAX_TENSORS} are read`);
  }
  const duplicate = duplicateKey(new TextDecoder().decode(bytes));
  if (duplicate !== undefined) throw corruptFile(file, `the header has "${duplicate}" twice`);
  return header;
}

/**
 * Reads the header of a safetensors file, and checks that it describes the file: known dtypes, shapes that fit their
 * bytes, and tensors that lie side by side from the first byte to the last.
 *
 * @throws AttuneError FILE_CORRUPT that names the tensor and the reason; FILE_EMPTY.
 */
export async function readHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const { name: file, size } = source;
  if (size === 0)
    throw new AttuneError('FILE_EMPTY', `${file} is empty.`, { fix: 'Fetch or write the file again.' });
  if (size < LENGTH_BYTES) throw corruptFile(file, `it has ${size} bytes, and a header's length takes 8`);
  const prefix = await source.read(0, LENGTH_BYTES);
  const length = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw corruptFile(file, `a header of ${length} bytes is longer than the ${MAX_HEADER_BYTES} allowed`);
  }
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > size) {
    throw corruptFile(file, `its header should have ${length} bytes, but the file has only ${size}`);
  }
  const header = parseHeader(file, await source.read(LENGTH_BYTES, Number(length)));
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, value]) => [name, parseEntry(file, name, value)] as const)
    .sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  checkLayout(file, entries, size - dataStart);
  return {
    metadata: parseMetadata(file, Object.hasOwn(header, METADATA_KEY) ? header[METADATA_KEY] : undefined),
    entries: new Map(entries),
    dataStart,
  };
}
