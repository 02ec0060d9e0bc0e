import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { AttuneError, isAttuneError } from '@attune/core';
import { publishedChecksum, type CheckedAddress } from './checksum.js';

const MAX_REDIRECTS = 5;

/** Gets an address, and those it is redirected to, as long as they are https. */
async function getEncrypted(url: string, get: typeof fetch): Promise<Response> {
  let at = url;
  for (let i = 0; i <= MAX_REDIRECTS; i++) {
    const response = await get(at, { redirect: 'manual' });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    const next = new URL(location, at);
    if (next.protocol !== 'https:') throw new Error(`it leads to ${next.href}, which is not encrypted`);
    at = next.href;
  }
  throw new Error(`it was redirected more than ${MAX_REDIRECTS} times`);
}

function otherFile(url: string, wanted: string, found: string): AttuneError {
  return new AttuneError(
    'FILE_CORRUPT',
    `${url} is not the expected file: its SHA-256 is ${found}, and should be ${wanted}. It was discarded.`,
    { fix: 'Try again; if it stays so, the file was replaced: ask its publisher.' },
  );
}

/**
 * Downloads a file over https, and compares it with its checksum. What is there under its name is whole, and is what was
 * meant; after a failure, nothing is.
 *
 * @throws AttuneError SETUP_FAILED, or FILE_CORRUPT where it is another file.
 */
export async function download(
  { url, sha256 }: CheckedAddress,
  file: string,
  get: typeof fetch = fetch,
): Promise<void> {
  const unfinished = `${file}.part`;
  try {
    const wanted = sha256 ?? (await publishedChecksum(url, get));
    const response = await getEncrypted(url, get);
    if (!response.ok || !response.body) throw new Error(`the server answers ${response.status}`);
    const hash = createHash('sha256');
    await pipeline(
      Readable.fromWeb(response.body as ReadableStream),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(unfinished),
    );
    const found = hash.digest('hex');
    if (found !== wanted) throw otherFile(url, wanted, found);
    await rename(unfinished, file);
  } catch (cause) {
    await rm(unfinished, { force: true });
    if (isAttuneError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttuneError('SETUP_FAILED', `${url} could not be downloaded: ${reason}.`, {
      cause,
      fix: 'Download it elsewhere, and give its path instead.',
    });
  }
}
