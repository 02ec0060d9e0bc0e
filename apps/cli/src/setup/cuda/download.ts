import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { AttuneError } from '@attune/core';

/** Downloads a file; what is there under its name is whole. */
export async function download(url: string, file: string): Promise<void> {
  const unfinished = `${file}.part`;
  try {
    const response = await fetch(url);
    if (!response.ok || !response.body) throw new Error(`the server answers ${response.status}`);
    await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(unfinished));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttuneError('SETUP_FAILED', `${url} could not be downloaded: ${reason}.`, {
      cause,
      fix: 'Download it elsewhere, and give its path instead.',
    });
  }
  await rename(unfinished, file);
}
