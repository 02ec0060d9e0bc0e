import { AttuneError, messageOf, parseJson } from '@attune/core';
import type { Folder } from './folder.js';
import type { ByteSource } from '../bytes/byte-source.js';
import { isJsonObject, type JsonObject } from './json-value.js';

/** Limits to what is read of a file, and what to do where it fails. */
export interface ReadOptions {
  /** A larger file is refused unread, in bytes. */
  readonly maxBytes?: number;
  /** The fix where the file does not exist, or is of another kind. */
  readonly fix?: string;
  /** The kind of the file, for messages. Default `such a file`. */
  readonly kind?: string;
}

/** The index of the largest models has 9 MB. What is much larger is no such file, and would only fill memory. */
const MAX_JSON_BYTES = 2 ** 24;
const MAX_TEXT_BYTES = 2 ** 28;

/**
 * Reads all bytes of a source.
 *
 * @throws AttuneError FILE_CORRUPT if it has more than `maxBytes`.
 */
export async function readBytes(
  source: ByteSource,
  { maxBytes = MAX_TEXT_BYTES, fix, kind = 'such a file' }: ReadOptions = {},
): Promise<Uint8Array> {
  const { name, size } = source;
  if (size <= maxBytes) return source.read(0, size);
  throw new AttuneError('FILE_CORRUPT', `${name} has ${size} bytes: more than ${kind} has.`, {
    fix: fix ?? 'Check where it comes from.',
  });
}

/** Opens a file for as long as it is used. */
export async function withFile<T>(
  folder: Pick<Folder, 'open'>,
  file: string,
  use: (source: ByteSource) => Promise<T>,
  fix?: string,
): Promise<T> {
  const source = await folder.open(file, fix);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

/**
 * Reads a text of at most 256 MiB, or of `maxBytes`, from UTF-8. A byte order mark stays.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ; FILE_CORRUPT if it is too large.
 */
export async function readText(
  folder: Pick<Folder, 'open'>,
  file: string,
  options: ReadOptions = {},
): Promise<string> {
  const bytes = await withFile(folder, file, (source) => readBytes(source, options), options.fix);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** Parses JSON from UTF-8. @throws AttuneError FILE_CORRUPT if it is neither. */
function parse(bytes: Uint8Array, name: string, fix?: string): unknown {
  const fail = (reason: string, cause: unknown) =>
    new AttuneError('FILE_CORRUPT', `${name} is not valid JSON: ${reason}.`, { fix, cause });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw fail('it is not UTF-8', cause);
  }
  try {
    return parseJson(text);
  } catch (cause) {
    throw fail(messageOf(cause), cause);
  }
}

/**
 * Parses a JSON object from UTF-8.
 *
 * @param name of the file, for messages.
 * @throws AttuneError FILE_CORRUPT if it is not UTF-8, not JSON or not an object.
 */
export function parseJsonObject(bytes: Uint8Array, name: string, fix?: string): JsonObject {
  const value = parse(bytes, name, fix);
  if (isJsonObject(value)) return value;
  throw new AttuneError('FILE_CORRUPT', `${name} must hold a JSON object.`, { fix });
}

function readDocument<T>(
  folder: Pick<Folder, 'open'>,
  file: string,
  { maxBytes = MAX_JSON_BYTES, fix }: ReadOptions,
  parseBytes: (bytes: Uint8Array, name: string, fix?: string) => T,
): Promise<T> {
  const read = async (source: ByteSource) => {
    const bytes = await readBytes(source, { maxBytes, fix, kind: 'a JSON file of this kind' });
    return parseBytes(bytes, source.name, fix);
  };
  return withFile(folder, file, read, fix);
}

/**
 * Reads a JSON document of at most 16 MiB, or of `maxBytes`.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ, FILE_CORRUPT.
 */
export function readJson(
  folder: Pick<Folder, 'open'>,
  file: string,
  options: ReadOptions = {},
): Promise<unknown> {
  return readDocument(folder, file, options, parse);
}

/**
 * Reads a JSON document of at most 16 MiB, or of `maxBytes`, that holds an object.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ, FILE_EMPTY, FILE_CORRUPT.
 */
export function readJsonObject(
  folder: Pick<Folder, 'open'>,
  file: string,
  options: ReadOptions = {},
): Promise<JsonObject> {
  return readDocument(folder, file, options, (bytes, name, fix) => {
    if (bytes.byteLength === 0) throw new AttuneError('FILE_EMPTY', `${name} is empty.`, { fix });
    return parseJsonObject(bytes, name, fix);
  });
}
