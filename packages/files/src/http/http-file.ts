import { AttuneError, messageOf } from '@attune/core';
import { memorySource, type OpenFile } from '../bytes/byte-source.js';
import { cached } from '../bytes/cached-file.js';

/** How a file is read from a server. */
export interface HttpFileOptions {
  /** True to download a file as a whole where the server does not support ranges. Default false: it may be huge. */
  readonly download?: boolean;
  /** How requests are made, e.g. with headers. Default: the environment's `fetch`. */
  readonly fetch?: (url: string, init: { readonly headers: Record<string, string> }) => Promise<Response>;
  /** Bytes asked for at once. Default 64 KiB. */
  readonly chunkBytes?: number;
  /** Bytes kept in memory. Default 32 MiB. */
  readonly cacheBytes?: number;
  /** How often a request that failed on the way, or because the server was busy, is made again. Default 3. */
  readonly retries?: number;
}

/** The headers that tell a version of a file from another one. */
interface Version {
  readonly size: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** A part of a file that the server has sent. */
interface Part extends Version {
  readonly bytes: Uint8Array;
}

const FIRST_BYTES = 1024;

/**
 * A file on a server, read by ranges. Its length and version (ETag, Last-Modified) are compared with every answer, so
 * that a file that is replaced while it is read is noticed.
 *
 * On a server of another origin, CORS has to allow the page to see `Content-Range` (and should allow `ETag`):
 * `Access-Control-Expose-Headers: Content-Range, ETag`.
 *
 * @param fix what to do if it does not exist.
 * @throws AttuneError FILE_NOT_FOUND if there is no such file, or the server cannot be reached; INVALID_ARGUMENT if it
 * sends files as a whole only, and `download` is not set. While reading: FILE_CORRUPT if the file was changed.
 */
export async function httpFile(
  url: string,
  options: HttpFileOptions = {},
  fix = 'Check the address.',
): Promise<OpenFile> {
  const { chunkBytes = 2 ** 16, cacheBytes = 2 ** 25 } = options;
  const first = await firstPart(url, options, fix);
  if ('whole' in first) return memorySource(first.whole, url);
  const file: OpenFile = {
    name: url,
    size: first.size,
    async read(offset, length) {
      const part = await partOf(url, offset, length, options);
      checkVersion(url, first, part);
      return part.bytes;
    },
    close: async () => undefined,
  };
  return cached(file, { chunkBytes, cacheBytes });
}

async function firstPart(
  url: string,
  options: HttpFileOptions,
  fix: string,
): Promise<Part | { readonly whole: Uint8Array }> {
  const response = await request(url, 0, FIRST_BYTES, options, fix);
  if (response.status === 200) {
    if (options.download) return { whole: await bodyOf(url, response) };
    await response.body?.cancel();
    const length = response.headers.get('Content-Length');
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `The server of ${url} sends files as a whole only${length === null ? '' : `, here ${length} bytes`}.`,
      {
        fix: 'Use a server that answers range requests, or allow the download of the whole file: { download: true }.',
        data: { url, ranges: false },
      },
    );
  }
  // Nothing of an empty file can be sent.
  if (response.status === 416) return { whole: new Uint8Array(0) };
  return readPart(url, response);
}

async function partOf(url: string, offset: number, length: number, options: HttpFileOptions): Promise<Part> {
  const response = await request(url, offset, length, options);
  if (response.status !== 206) {
    await response.body?.cancel();
    throw changed(url, `instead of bytes ${offset} to ${offset + length - 1}, it answers ${response.status}`);
  }
  const part = await readPart(url, response);
  if (part.bytes.byteLength !== length) {
    throw changed(url, `${part.bytes.byteLength} bytes came where ${length} were requested`);
  }
  return part;
}

async function readPart(url: string, response: Response): Promise<Part> {
  const range = response.headers.get('Content-Range');
  const size = /^bytes \d+-\d+\/(\d+)$/.exec(range ?? '')?.[1];
  if (size === undefined) {
    await response.body?.cancel();
    throw new AttuneError('INVALID_ARGUMENT', `The server of ${url} does not say how long the file is.`, {
      fix: 'If it is of another origin, have it send: Access-Control-Expose-Headers: Content-Range, ETag',
      data: { url, contentRange: range },
    });
  }
  const { headers } = response;
  return {
    size: Number(size),
    etag: headers.get('ETag'),
    lastModified: headers.get('Last-Modified'),
    bytes: await bodyOf(url, response),
  };
}

function checkVersion(url: string, first: Version, now: Version): void {
  for (const key of ['size', 'etag', 'lastModified'] as const) {
    if (first[key] !== now[key]) throw changed(url, `its ${key} was ${first[key]}, and is now ${now[key]}`);
  }
}

const changed = (url: string, how: string) =>
  new AttuneError('FILE_CORRUPT', `${url} was changed while it was read: ${how}.`, {
    fix: 'Do not replace files that are in use; start again.',
  });

async function bodyOf(url: string, response: Response): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

function unreachable(url: string, cause: unknown): AttuneError {
  return new AttuneError('FILE_NOT_FOUND', `${url} cannot be reached: ${messageOf(cause)}.`, {
    fix: 'Check the address and the connection; a server of another origin has to allow this page (CORS).',
    cause,
  });
}

/** True for a status after which the request may succeed later. */
const isBusy = (status: number) => status === 429 || status >= 500;

interface Timers {
  setTimeout(callback: () => void, milliseconds: number): unknown;
}

const wait = (milliseconds: number) =>
  new Promise<void>((resolve) => (globalThis as unknown as Timers).setTimeout(resolve, milliseconds));

async function request(
  url: string,
  offset: number,
  length: number,
  options: HttpFileOptions,
  fix = 'Check the address.',
): Promise<Response> {
  const { fetch = globalThis.fetch, retries = 3 } = options;
  for (let attempt = 0; ; attempt++) {
    let response: Response | undefined;
    let failure: unknown;
    try {
      response = await fetch(url, { headers: { Range: `bytes=${offset}-${offset + length - 1}` } });
      if ([200, 206, 416].includes(response.status)) return response;
      await response.body?.cancel();
      failure = new Error(`it answers ${response.status} ${response.statusText}`.trim());
    } catch (error) {
      failure = error;
    }
    if (response && !isBusy(response.status)) {
      const missing = response.status === 404 || response.status === 410;
      throw missing
        ? new AttuneError('FILE_NOT_FOUND', `${url} does not exist.`, { fix })
        : unreachable(url, failure);
    }
    if (attempt === retries) throw unreachable(url, failure);
    await wait(100 * 4 ** attempt);
  }
}
