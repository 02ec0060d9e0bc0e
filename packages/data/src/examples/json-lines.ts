import { messageOf, parseJson } from '@attune/core';
import { invalidUtf8At } from '../prepare/invalid-utf8.js';
import type { RowPlace } from './example.js';
import { jsonErrorAt } from './json-syntax.js';
import { rowError } from './row-error.js';

/** One JSON object of a file. Its keys may be any: read them as own properties only. */
export interface JsonRow extends RowPlace {
  readonly value: Readonly<Record<string, unknown>>;
}

export interface JsonLinesOptions {
  /** For messages: a path, or `memory`. */
  readonly name: string;
  /** A longer line is an error. Default 16 MiB. */
  readonly maxLineBytes?: number;
}

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/**
 * The JSON objects of a JSONL file, one a line. Blank lines, CRLF and a byte order mark are passed over; lines are counted
 * from 1, the blank ones too. No more than a line and a chunk are in memory.
 *
 * @param chunks bytes of the file, cut anywhere. Each may be reused once the next is asked for.
 * @throws AttuneError FILE_CORRUPT with the line, and the column where there is one: a line that is too long, nested too
 * deeply, not UTF-8 or not JSON. INVALID_EXAMPLE: a value that is not an object.
 */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { name, maxLineBytes = 2 ** 24 }: JsonLinesOptions,
): AsyncGenerator<JsonRow, void, undefined> {
  let line = 1;
  let parts: Uint8Array[] = [];
  let size = 0;
  const add = (bytes: Uint8Array) => {
    size += bytes.length;
    if (size > maxLineBytes) {
      throw rowError('FILE_CORRUPT', { file: name, line }, `the line has more than ${maxLineBytes} bytes.`, {
        fix: 'Write one JSON object a line, and cut long documents into several rows.',
        data: { maxLineBytes },
      });
    }
    parts.push(bytes.slice());
  };
  const take = () => {
    const bytes = joined(parts, size);
    parts = [];
    size = 0;
    return parseLine(line === 1 ? withoutMark(bytes) : bytes, { file: name, line: line++ });
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      add(chunk.subarray(start, end));
      start = end + 1;
      const row = take();
      if (row) yield row;
    }
    add(chunk.subarray(start));
  }
  const row = take();
  if (row) yield row;
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? bytes.subarray(3) : bytes;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

function decode(bytes: Uint8Array, place: RowPlace): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    const at = invalidUtf8At(bytes);
    const byte = bytes[at]?.toString(16).padStart(2, '0');
    throw rowError('FILE_CORRUPT', place, `not UTF-8: byte ${at + 1} of the line is 0x${byte}.`, {
      fix: 'Convert the file first, e.g. with `iconv -f LATIN1 -t UTF-8`.',
      data: { byte: at + 1 },
      cause,
    });
  }
}

/** `undefined` for a blank line. */
function parseLine(bytes: Uint8Array, place: RowPlace): JsonRow | undefined {
  const text = decode(bytes, place);
  if (text.trim() === '') return undefined;
  const value = parse(text, place);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
    throw rowError('INVALID_EXAMPLE', place, `expected a JSON object, but the line holds ${found}.`, {
      fix: 'JSONL is one object a line; `jq -c ".[]" data.json` writes a list that way.',
    });
  }
  return { ...place, value: value as Record<string, unknown> };
}

function parse(text: string, place: RowPlace): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    const at = jsonErrorAt(text);
    // JSON that the grammar takes may be refused for its depth: then there is no column to name.
    if (at < 0)
      throw rowError('FILE_CORRUPT', place, `not readable as JSON: ${messageOf(cause)}.`, { cause });
    const column = at + 1;
    const found = at < text.trimEnd().length ? `an unexpected ${quoted(text, at)}` : 'the end of the line';
    throw rowError('FILE_CORRUPT', place, `not valid JSON: ${found} at column ${column}.`, {
      fix:
        place.line === 1 && /^\s*[[{]/.test(text)
          ? 'A row is one JSON object on one line: `jq -c` writes it so, and `jq -c ".[]"` a list of rows.'
          : 'Each line holds one whole JSON object.',
      data: { column },
      cause,
    });
  }
}

function quoted(text: string, at: number): string {
  return JSON.stringify(String.fromCodePoint(text.codePointAt(at)!));
}
