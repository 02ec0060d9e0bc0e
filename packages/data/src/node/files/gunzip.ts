import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AttuneError, isAttuneError, messageOf } from '@attune/core';

export interface GunzipOptions {
  /** For messages: a path. */
  readonly name: string;
  /** Size of the chunks that come out. */
  readonly chunkBytes: number;
}

/** Text shrinks to a tenth; a file that gives more than this a byte, and more than {@link FREE_BYTES}, is made to fill memory. */
const MAX_RATIO = 256;
const FREE_BYTES = 2 ** 24;

/**
 * Unpacks gzip, also of several members one after the other. No more than a few chunks are in memory.
 *
 * @throws AttuneError FILE_CORRUPT if the data is damaged or cut off, or unpacks to more than {@link MAX_RATIO} times its size;
 * whatever `packed` throws.
 */
export async function* gunzip(
  packed: AsyncIterable<Uint8Array>,
  { name, chunkBytes }: GunzipOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = createGunzip({ chunkSize: Math.max(64, chunkBytes) });
  // Errors of both ends are met where the result is read.
  pipeline(Readable.from(copies(packed)), stream, () => undefined);
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > FREE_BYTES && size > MAX_RATIO * stream.bytesWritten) {
        throw new AttuneError(
          'FILE_CORRUPT',
          `${name} unpacks to more than ${MAX_RATIO} times its size, as no text does.`,
          { fix: 'If you know what it is, unpack it yourself with `gzip -dc`, and name that file.' },
        );
      }
      yield chunk;
    }
  } catch (cause) {
    if (isAttuneError(cause)) throw cause;
    throw new AttuneError('FILE_CORRUPT', `${name} cannot be unpacked: ${messageOf(cause)}.`, {
      fix: 'It is damaged, or was cut off: download or copy it again.',
      cause,
    });
  }
}

/** Chunks that stay what they are: the stream takes some ahead of need. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}
