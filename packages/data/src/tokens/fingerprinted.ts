import { fingerprintOf, fingerprintWindows } from './fingerprint.js';
import type { TokenSource } from './token-source.js';

/** A token source whose fingerprint was not made yet. */
export type UnnamedTokens = Omit<TokenSource, 'fingerprint'>;

/** Reads what the fingerprint takes (at most 2²⁰ tokens), and adds it. */
export async function fingerprinted(tokens: UnnamedTokens): Promise<TokenSource> {
  const { length } = tokens;
  const windows: Int32Array[] = [];
  for (const [start, count] of fingerprintWindows(length)) windows.push(await tokens.read(start, count));
  const { name, dtype, read, close } = tokens;
  return { name, length, dtype, fingerprint: fingerprintOf(length, windows), read, ...(close && { close }) };
}
