import { createHash, type Hash } from 'node:crypto';
import type { HubFile } from '../repository/hub-file.js';

/** Begins the hash that a file's content has to have: its {@link HubFile.etag}. */
export function createChecksum({ algorithm, size }: HubFile): Hash {
  if (algorithm === 'sha256') return createHash('sha256');
  // A blob of git is its length and its content.
  return createHash('sha1').update(`blob ${size}\0`);
}
