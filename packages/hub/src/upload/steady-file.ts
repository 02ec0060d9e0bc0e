import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AttuneError, fileReadError } from '@attune/core';
import { quote } from '../http/quote.js';
import type { FolderFile } from './folder-files.js';

/** The hashes by which a repository knows a content. */
export interface ContentHashes {
  readonly sha256: string;
  /** Git's, of a blob. */
  readonly gitSha1: string;
}

/** A file as it was when it was hashed. */
export interface HashedFile extends FolderFile, ContentHashes {
  /** Changes when the file does. */
  readonly stamp: string;
}

/** The hashes of bytes. */
export function hashesOf(content: Uint8Array): ContentHashes {
  const git = createHash('sha1').update(`blob ${content.byteLength}\0`).update(content);
  return { sha256: createHash('sha256').update(content).digest('hex'), gitSha1: git.digest('hex') };
}

const stampOf = ({ size, mtimeNs, ino }: { size: bigint; mtimeNs: bigint; ino: bigint }) =>
  `${size} ${mtimeNs} ${ino}`;

function changed(path: string): AttuneError {
  return new AttuneError('FILE_CORRUPT', `${quote(path)} was changed while it was pushed.`, {
    fix: 'Nothing of it shows on the hub. Wait until whatever writes the folder is done, and run it again.',
  });
}

/** Reads a file once, for its hashes. @throws AttuneError FILE_READ, FILE_NOT_FOUND, FILE_CORRUPT. */
export async function hashFile(file: FolderFile, signal?: AbortSignal): Promise<HashedFile> {
  try {
    const stamp = stampOf(await stat(file.source, { bigint: true }));
    const [sha256, git] = [createHash('sha256'), createHash('sha1').update(`blob ${file.size}\0`)];
    let size = 0;
    for await (const chunk of createReadStream(file.source, { highWaterMark: 2 ** 20, signal })) {
      size += (chunk as Buffer).byteLength;
      sha256.update(chunk as Buffer);
      git.update(chunk as Buffer);
    }
    const hashed = { ...file, stamp, sha256: sha256.digest('hex'), gitSha1: git.digest('hex') };
    if (size !== file.size) throw changed(file.path);
    await checkUnchanged(hashed);
    return hashed;
  } catch (error) {
    throw error instanceof AttuneError ? error : fileReadError(file.source, error, 'Run it again.');
  }
}

/** @throws AttuneError FILE_CORRUPT if the file is not as it was when it was hashed. */
export async function checkUnchanged({ source, path, stamp }: HashedFile): Promise<void> {
  const now = await stat(source, { bigint: true }).then(stampOf, () => '');
  if (now !== stamp) throw changed(path);
}

/**
 * A file, or a part of it, as the body of a request. Reading it fails where the file was changed since it was hashed: before the last byte
 * is sent, so that nothing else than what was hashed ever arrives whole.
 */
export class SteadyFile extends Blob {
  override readonly size: number;

  constructor(
    readonly file: HashedFile,
    private readonly begin = 0,
    private readonly end = file.size,
    private readonly onRead: (bytes: number) => void = () => undefined,
  ) {
    super([]);
    this.size = end - begin;
  }

  /** The same, which tells how many bytes have been read. */
  watched(onRead: (bytes: number) => void): SteadyFile {
    return new SteadyFile(this.file, this.begin, this.end, onRead);
  }

  override slice(begin = 0, end = this.size): SteadyFile {
    const at = (offset: number) => Math.min(this.begin + Math.max(offset, 0), this.end);
    return new SteadyFile(this.file, at(begin), at(end), this.onRead);
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(this.size);
    let length = 0;
    for await (const chunk of this.chunks()) {
      bytes.set(chunk, length);
      length += chunk.byteLength;
    }
    return bytes.buffer;
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }

  override stream(): ReturnType<Blob['stream']> {
    return Readable.toWeb(Readable.from(this.chunks(), { objectMode: false })) as ReturnType<Blob['stream']>;
  }

  private async *chunks(): AsyncGenerator<Uint8Array> {
    const { file, begin, end } = this;
    await checkUnchanged(file);
    let handle: FileHandle | undefined;
    try {
      handle = await open(file.source, 'r');
      const hash = begin === 0 && end === file.size ? createHash('sha256') : undefined;
      for (let at = begin; at < end;) {
        const { bytesRead, buffer } = await handle.read(
          Buffer.alloc(Math.min(CHUNK, end - at)),
          0,
          undefined,
          at,
        );
        if (bytesRead === 0) throw changed(file.path);
        const chunk = buffer.subarray(0, bytesRead);
        at += bytesRead;
        hash?.update(chunk);
        if (at >= end) {
          await checkUnchanged(file);
          if (hash && hash.digest('hex') !== file.sha256) throw changed(file.path);
        }
        this.onRead(bytesRead);
        yield chunk;
      }
    } finally {
      await handle?.close();
    }
  }
}

const CHUNK = 2 ** 18;
