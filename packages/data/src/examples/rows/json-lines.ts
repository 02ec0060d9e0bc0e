import { AttuneError, duplicateKey, messageOf, parseJson } from '@attune/core';
import { invalidUtf8At } from '../../prepare/invalid-utf8.js';
import {
  notJsonLines,
  notUtf8Fix,
  oneObjectALine,
  textBytes,
  type TextBytesOptions,
} from '../../text/index.js';
import type { RowPlace } from './example.js';
import { jsonErrorAt } from './json-syntax.js';
import { isExactInJavaScript } from './json-text.js';
import { rowError } from './row-error.js';
import { shown } from './text-field.js';

/** One JSON object of a file. Its keys may be any: read them as own properties only. */
export interface JsonRow extends RowPlace {
  readonly value: Readonly<Record<string, unknown>>;
  /** The row as it is written, where JavaScript's values are not exactly that. */
  readonly source?: string;
}

export interface JsonLinesOptions extends Pick<TextBytesOptions, 'name' | 'gunzip'> {
  /** A longer line is an error. Default 16 MiB. */
  readonly maxLineBytes?: number;
}

const LINE_FEED = 0x0a;
const LEFT_BRACKET = 0x5b;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/**
 * The JSON objects of a JSONL file, one a line: UTF-8, or UTF-16 with a byte order mark. Blank lines, CRLF and a byte order
 * mark are passed over; lines are counted from 1, the blank ones too. No more than a line and a chunk are in memory.
 *
 * @param chunks bytes of the file, cut anywhere. Each may be reused once the next is asked for.
 * @throws AttuneError FILE_CORRUPT with the line, and the column where there is one: a line that is too long, nested too
 * deeply, not UTF-8 or not JSON. UNSUPPORTED_FILE: a file of another kind, such as Parquet or CSV. INVALID_EXAMPLE: a value
 * that is not an object, or an object in it that has a key twice.
 */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { name, gunzip, maxLineBytes = 2 ** 24 }: JsonLinesOptions,
): AsyncGenerator<JsonRow, void, undefined> {
  let line = 1;
  let parts: Uint8Array[] = [];
  let size = 0;
  /** True if no row was found yet: what is wrong then may be the file, and not the row. */
  let isFirst = true;
  const add = (bytes: Uint8Array) => {
    size += bytes.length;
    if (size > maxLineBytes) {
      throw rowError('FILE_CORRUPT', { file: name, line }, `the line has more than ${maxLineBytes} bytes.`, {
        fix:
          isFirst && parts[0]?.[0] === LEFT_BRACKET
            ? oneObjectALine(name, '[')
            : 'Write one JSON object a line, and cut long documents into several rows.',
        data: { maxLineBytes },
      });
    }
    parts.push(bytes.slice());
  };
  const take = () => {
    const bytes = joined(parts, size);
    parts = [];
    size = 0;
    const place = { file: name, line };
    const row = parseLine(line++ === 1 ? withoutMark(bytes) : bytes, place, isFirst);
    if (row) isFirst = false;
    return row;
  };

  for await (const chunk of textBytes(chunks, { name, use: 'rows', gunzip })) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      if (end === start && size === 0) {
        // A blank line is passed over as fast as it is found: a packed file may have very many.
        parts = [];
        line++;
        start = end + 1;
        continue;
      }
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
      fix: notUtf8Fix(place.file, bytes),
      data: { byte: at + 1 },
      cause,
    });
  }
}

/** `undefined` for a blank line. */
function parseLine(bytes: Uint8Array, place: RowPlace, isFirst: boolean): JsonRow | undefined {
  const text = decode(bytes, place);
  if (text.trim() === '') return undefined;
  const value = parse(text, place, isFirst);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
    throw rowError('INVALID_EXAMPLE', place, `expected a JSON object, but the line holds ${found}.`, {
      fix: Array.isArray(value) ? oneObjectALine(place.file, text) : 'Each line holds one whole JSON object.',
    });
  }
  const key = duplicateKey(text);
  if (key !== undefined) {
    throw rowError('INVALID_EXAMPLE', place, `the key ${shown(key)} is there twice in one object.`, {
      fix: 'Keep the one that is meant: JSON has no rule for which of them counts.',
      data: { key },
    });
  }
  return {
    ...place,
    value: value as Record<string, unknown>,
    ...(!isExactInJavaScript(text) && { source: text }),
  };
}

function parse(text: string, place: RowPlace, isFirst: boolean): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    const at = jsonErrorAt(text);
    // JSON that the grammar takes may be refused for its depth: then there is no column to name.
    if (at < 0)
      throw rowError('FILE_CORRUPT', place, `not readable as JSON: ${messageOf(cause)}.`, { cause });
    const other = isFirst ? notJsonLines(place.file, text) : undefined;
    if (other) {
      throw new AttuneError('UNSUPPORTED_FILE', `${place.file} is ${other.called}, not JSON lines.`, {
        fix: other.fix,
        data: { path: place.file, kind: other.kind },
        cause,
      });
    }
    const column = at + 1;
    const endsEarly = at >= text.trimEnd().length;
    const found = endsEarly ? 'the end of the line' : `an unexpected ${quoted(text, at)}`;
    throw rowError('FILE_CORRUPT', place, `not valid JSON: ${found} at column ${column}.`, {
      fix: fixOf(place.file, text, text[at], endsEarly && isFirst),
      data: { column },
      cause,
    });
  }
}

function fixOf(file: string, text: string, found: string | undefined, mayGoOn: boolean): string {
  if (mayGoOn && /^\s*[[{]/.test(text)) return oneObjectALine(file, text);
  if (found === '\0')
    return 'A crash, or a copy that was cut off, leaves NUL bytes behind: write the row again, or leave it out.';
  return 'Each line holds one whole JSON object, e.g. {"text": "…"}.';
}

function quoted(text: string, at: number): string {
  return JSON.stringify(String.fromCodePoint(text.codePointAt(at)!));
}
