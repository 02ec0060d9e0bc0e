import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileWriteError, withoutFix } from '@attune/core';
import { takePartialFile } from '../cache/partial-file.js';
import type { RepositoryCache } from '../cache/repository-cache.js';
import { interrupted, type Requester } from '../http/request.js';
import type { RetryPolicy } from '../http/transient.js';
import type { HubFile } from '../repository/hub-file.js';
import { fileAddress } from '../repository/read-repository.js';
import { requireDiskSpace } from './disk-space.js';
import { downloadBlob } from './download-blob.js';

/** How often we look whether another process has finished. */
const POLL_MS = 100;

/** Fetches files of one commit into the cache. */
export class Downloads {
  /** Bytes that are here, by file, and of all of them. */
  private readonly loaded = new Map<string, number>();
  private totalLoaded = 0;
  private totalSize = 0;

  constructor(
    private readonly requester: Requester,
    private readonly cache: RepositoryCache,
    private readonly commit: string,
    private readonly policy: RetryPolicy,
  ) {}

  /**
   * Makes every file be in the snapshot.
   *
   * @throws AttuneError as {@link downloadBlob}.
   */
  async fetch(files: readonly HubFile[]): Promise<void> {
    const missing: HubFile[] = [];
    for (const file of files) {
      const isHere = await this.cache.has(this.commit, file);
      if (!this.loaded.has(file.name)) this.totalSize += file.size;
      this.count(file, isHere ? file.size : 0);
      if (!isHere) missing.push(file);
    }
    if (missing.length === 0) return;
    const { blobs } = this.cache;
    try {
      await mkdir(blobs, { recursive: true });
    } catch (error) {
      throw fileWriteError(blobs, error);
    }
    try {
      // Before it begins: a download that does not fit would end in the middle.
      await requireDiskSpace(this.requester.subject.name, this.cache, missing);
      for (const file of missing) await this.fetchFile(file);
    } catch (error) {
      // A model that may not be read leaves no folder behind: only empty ones can be removed.
      await rmdir(blobs)
        .then(() => rmdir(this.cache.path))
        .catch(() => undefined);
      throw error;
    }
  }

  private count({ name }: HubFile, loaded: number): void {
    this.totalLoaded += loaded - (this.loaded.get(name) ?? 0);
    this.loaded.set(name, loaded);
  }

  private report(file: HubFile, loaded: number): void {
    this.count(file, loaded);
    this.requester.onEvent({
      kind: 'progress',
      file: file.name,
      loaded,
      size: file.size,
      totalLoaded: this.totalLoaded,
      totalSize: this.totalSize,
    });
  }

  private async fetchFile(file: HubFile): Promise<void> {
    await this.fetchBlob(file);
    await this.cache.show(this.commit, file);
    this.report(file, file.size);
  }

  private async fetchBlob(file: HubFile): Promise<void> {
    const { cache, requester } = this;
    const { subject, signal, onEvent } = requester;
    for (let waited = false; !(await cache.hasBlob(file)); waited = true) {
      if (signal?.aborted) throw interrupted(subject, signal);
      const partial = await takePartialFile(cache.blobs, file.etag).catch((error: unknown) => {
        throw fileWriteError(join(cache.blobs, file.etag), error);
      });
      if (partial) {
        return downloadBlob(requester, partial, {
          file,
          address: fileAddress(requester, this.commit, file.name),
          policy: this.policy,
          onLoaded: (bytes) => this.report(file, bytes),
          onRetry: (fault, delayMs) =>
            onEvent({ kind: 'retry', file: file.name, reason: withoutFix(fault), delayMs }),
        });
      }
      if (!waited) onEvent({ kind: 'waiting', file: file.name });
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
