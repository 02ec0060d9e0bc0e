import type { Hash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { AttuneError, fileWriteError, systemCode } from '@attune/core';
import type { PartialFile } from '../cache/partial-file.js';
import { badResponse, isWebPage, notAHubResponse, unreachable, type Subject } from '../http/faults.js';
import { quote } from '../http/quote.js';
import { get, interrupted, type ResponseStream, type Requester } from '../http/request.js';
import { retrying, Transient, type RetryPolicy } from '../http/transient.js';
import type { HubFile } from '../repository/hub-file.js';
import { createChecksum } from './checksum.js';

/** A file to fetch, and where it is. */
export interface BlobRequest {
  readonly file: HubFile;
  readonly address: string;
  readonly policy: RetryPolicy;
  /** Told how much of the file is here, also when that becomes less because it starts over. */
  readonly onLoaded: (bytes: number) => void;
  readonly onRetry: (fault: AttuneError, delayMs: number) => void;
}

/** The first byte of a range, and the length of the whole, as a response states them. */
const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

/** A download under way: what is on the disk, and the hash of it. */
class Arrival {
  loaded = 0;
  private hash: Hash;
  /** Where the response that is being read began. */
  private begin: { readonly loaded: number; readonly hash: Hash } | undefined;

  constructor(
    private readonly file: HubFile,
    private readonly handle: FileHandle,
    private readonly onLoaded: (bytes: number) => void,
  ) {
    this.hash = createChecksum(file);
  }

  /** Takes up what an earlier attempt left. */
  async resume(path: string, { subject, signal }: Requester): Promise<void> {
    const { size } = await this.handle.stat();
    if (size === 0) return;
    if (size > this.file.size) return this.restart();
    for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      if (signal?.aborted) {
        // So that it counts as worth keeping.
        this.loaded = size;
        throw interrupted(subject, signal);
      }
      this.hash.update(piece as Uint8Array);
      this.loaded += (piece as Uint8Array).byteLength;
    }
    this.onLoaded(this.loaded);
  }

  async restart(): Promise<void> {
    await this.handle.truncate(0);
    this.hash = createChecksum(this.file);
    this.loaded = 0;
    this.onLoaded(0);
  }

  /** A response begins here. */
  mark(): void {
    this.begin = { loaded: this.loaded, hash: this.hash.copy() };
  }

  /** Discards the bytes of a response that turned out to be wrong. */
  async forgetAnswer(): Promise<void> {
    if (!this.begin) return;
    await this.handle.truncate(this.begin.loaded);
    this.loaded = this.begin.loaded;
    this.hash = this.begin.hash.copy();
    this.onLoaded(this.loaded);
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let done = 0; done < piece.byteLength;) {
      done += (await this.handle.write(piece, done, piece.byteLength - done, this.loaded + done))
        .bytesWritten;
    }
    this.hash.update(piece);
    this.loaded += piece.byteLength;
    this.onLoaded(this.loaded);
  }

  isRight(): boolean {
    return this.hash.copy().digest('hex') === this.file.etag;
  }
}

/** True if a response continues at the offset asked for; false if it begins at the start. */
function continues(stream: ResponseStream, arrival: Arrival, file: HubFile, subject: Subject): boolean {
  const { status, headers } = stream.response;
  if (status === 200) return arrival.loaded === 0;
  const [, first, last, total] = CONTENT_RANGE.exec(headers.get('content-range') ?? '') ?? [];
  const right =
    status === 206 &&
    Number(first) === arrival.loaded &&
    Number(last) === file.size - 1 &&
    (total === '*' || Number(total) === file.size);
  if (right) return true;
  throw badResponse(
    subject,
    `the rest of ${file.name} was requested, and the response is something else (${status})`,
  );
}

function checkLength(stream: ResponseStream, expected: number, file: HubFile, subject: Subject): void {
  const { headers } = stream.response;
  const encoding = headers.get('content-encoding') ?? 'identity';
  const length = headers.get('content-length');
  // Of what is compressed on the way, the length says nothing.
  if (length === null || encoding !== 'identity' || Number(length) === expected) return;
  const lengths = `${expected} more bytes, but the response has ${quote(length)}`;
  throw badResponse(subject, `${file.name} should have ${lengths}`);
}

/** True if a response states where it ends, so that one that ends is whole. */
function endsItself({ response: { headers } }: ResponseStream): boolean {
  return headers.has('content-length') || /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '');
}

async function fetchRest(requester: Requester, request: BlobRequest, arrival: Arrival): Promise<void> {
  const { file, address } = request;
  const subject: Subject = { ...requester.subject, file: file.name };
  const headers: Record<string, string> = arrival.loaded > 0 ? { range: `bytes=${arrival.loaded}-` } : {};
  const stream = await get({ ...requester, subject }, address, { headers });
  try {
    // None of the files that are fetched is one.
    if (isWebPage(stream.response)) throw notAHubResponse(subject, file.name, true);
    const goesOn = continues(stream, arrival, file, subject);
    checkLength(stream, goesOn ? file.size - arrival.loaded : file.size, file, subject);
    if (!goesOn) await arrival.restart();
    arrival.mark();
    for (let piece = await stream.read(); piece; piece = await stream.read()) {
      if (arrival.loaded + piece.byteLength > file.size) {
        await arrival.forgetAnswer();
        throw badResponse(subject, `${file.name} is longer than the ${file.size} bytes it should have`);
      }
      await arrival.write(piece);
    }
  } finally {
    stream.close();
  }
  if (arrival.loaded === file.size) return;
  const short = `${file.name} ended after ${arrival.loaded} of ${file.size} bytes`;
  if (endsItself(stream)) {
    await arrival.forgetAnswer();
    throw badResponse(subject, short);
  }
  throw new Transient(unreachable(subject, short));
}

/** The error of a failed write. */
export function storageFault(path: string, file: HubFile, error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof AttuneError || error instanceof Transient || code === undefined) return error;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return fileWriteError(path, error);
  return new AttuneError('FILE_WRITE', `The disk has no space left for ${file.name} (${file.size} bytes).`, {
    fix: 'Free some disk space, or set HF_HUB_CACHE to a folder on a larger disk. What has been downloaded is kept: run it again.',
    cause: error,
  });
}

/**
 * Fetches a file into `partial`, going on with what is in it, and puts it in its place if it is what the hub says it is.
 *
 * @throws AttuneError CHECKSUM_MISMATCH, HUB_UNREACHABLE, HUB_NOT_FOUND, HUB_ACCESS_DENIED, HUB_BAD_RESPONSE, FILE_WRITE,
 * INTERRUPTED. What is wrong is removed, what only is not whole stays for the next attempt.
 */
export async function downloadBlob(
  requester: Requester,
  partial: PartialFile,
  request: BlobRequest,
): Promise<void> {
  const { file } = request;
  let handle: FileHandle | undefined;
  let isWorthKeeping = true;
  try {
    // Looked at when it was taken: that it is no link by now is for the system to see to.
    handle = await open(partial.path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
    const arrival = new Arrival(file, handle, request.onLoaded);
    try {
      await arrival.resume(partial.path, requester);
      await fetchAll(requester, request, arrival);
    } finally {
      isWorthKeeping = arrival.loaded > 0;
    }
    isWorthKeeping = arrival.isRight();
    if (!isWorthKeeping) {
      throw new AttuneError(
        'CHECKSUM_MISMATCH',
        `${file.name} of ${requester.subject.name} is corrupt: its ${file.algorithm} differs from the hub's.`,
        { fix: 'It was removed. Run the command again to download it.' },
      );
    }
    await handle.datasync();
    await handle.close();
    handle = undefined;
    await partial.publish();
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await (isWorthKeeping ? partial.release() : partial.discard());
    throw storageFault(partial.path, file, error);
  }
}

/** Fetches what is missing, with as many attempts as that takes. */
function fetchAll(requester: Requester, request: BlobRequest, arrival: Arrival): Promise<void> {
  const { file, policy, onRetry } = request;
  const attempt = async () => {
    if (arrival.loaded < file.size) await fetchRest(requester, request, arrival);
  };
  const { signal, subject } = requester;
  const { minBytesPerSecond } = subject.settings.limits;
  return retrying(attempt, policy, { signal, onRetry, minBytesPerSecond, progress: () => arrival.loaded });
}
