import { AttuneError } from '@attune/core';
import { convertCommand, sidecar } from './commands.js';
import { fileKindOf, HEAD_BYTES, looksBinary, utf16Of, type TextUse } from './file-kind.js';

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface TextBytesOptions {
  /** For messages: a path, or `memory`. */
  readonly name: string;
  readonly use: TextUse;
  /** Unpacks gzip, where that can be done; otherwise it is an error that says how. */
  readonly gunzip?: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
}

/**
 * The bytes of a text as UTF-8. UTF-16 with a byte order mark is converted, gzip is unpacked, and whatever else is known not
 * to be text is refused by name. The bytes are not checked any further; a byte order mark of UTF-8 stays.
 *
 * @param chunks bytes of the file, cut anywhere. Each may be reused once the next is asked for; so may those that come out.
 * @throws AttuneError UNSUPPORTED_FILE with the kind of the file; FILE_CORRUPT if UTF-16 is broken; those of `gunzip`.
 */
export async function* textBytes(
  chunks: Chunks,
  { gunzip, ...options }: TextBytesOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { name, use } = options;
  const iterator = iteratorOf(chunks);
  try {
    const first: Uint8Array[] = [];
    let size = 0;
    while (size < HEAD_BYTES) {
      const { done, value } = await iterator.next();
      if (done) break;
      first.push(new Uint8Array(value));
      size += value.length;
    }
    const all = chained(first, iterator);
    const head = joined(first, HEAD_BYTES);
    const encoding = utf16Of(head);
    if (encoding) return yield* fromUtf16(all, encoding, name);
    const kind = fileKindOf(head);
    if (kind?.id === 'gzip' && gunzip) return yield* textBytes(gunzip(all), options);
    if (kind) {
      throw new AttuneError('UNSUPPORTED_FILE', `${name} is ${kind.called}.`, {
        fix: kind.fix(name, use),
        data: { path: name, kind: kind.id },
      });
    }
    yield* all;
  } finally {
    await iterator.return?.();
  }
}

function iteratorOf(chunks: Chunks): AsyncIterator<Uint8Array> | Iterator<Uint8Array> {
  return Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
}

async function* chained(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* first;
  while (true) {
    const { done, value } = await rest.next();
    if (done) return;
    yield value;
  }
}

/** The first bytes of parts, `limit` at most. */
function joined(parts: readonly Uint8Array[], limit: number): Uint8Array {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(Math.min(size, limit));
  let at = 0;
  for (const part of parts) {
    bytes.set(part.subarray(0, limit - at), at);
    at += part.length;
    if (at >= limit) break;
  }
  return bytes;
}

const encoder = new TextEncoder();

async function* fromUtf16(
  chunks: AsyncIterable<Uint8Array>,
  encoding: 'utf-16le' | 'utf-16be',
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let offset = 0;
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      const end = offset + (chunk?.length ?? 0);
      const where = chunk ? `among its bytes ${offset} to ${end - 1}` : 'at its end';
      throw new AttuneError('FILE_CORRUPT', `${name} is UTF-16, but has half a character ${where}.`, {
        fix: 'Write it again as UTF-8, or check how it was made.',
        data: { path: name, offset },
        cause,
      });
    }
  };
  for await (const chunk of chunks) {
    const text = decode(chunk);
    offset += chunk.length;
    if (text !== '') yield encoder.encode(text);
  }
  const text = decode();
  if (text !== '') yield encoder.encode(text);
}

/** The way out for bytes that are not UTF-8. */
export function notUtf8Fix(name: string, bytes: Uint8Array): string {
  if (looksBinary(bytes)) {
    return 'It does not look like text at all: check that it is the file you mean.';
  }
  const command = convertCommand('WINDOWS-1252', name, sidecar(name, '.utf8'));
  return `Convert it from the encoding that it was written in; for Windows' Western one: \`${command}\`.`;
}
