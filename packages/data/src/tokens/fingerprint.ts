import { hashText } from '@attune/core';

/** A stretch of tokens: where it starts, and how many it has. */
export type Window = readonly [start: number, count: number];

const WINDOW = 2 ** 14;
const WINDOWS = 64;

/**
 * The windows of `length` tokens that a fingerprint reads: all of them up to 2²⁰, else 64 windows spread evenly from
 * the first token to the last, so that opening a file of gigabytes reads 2 MiB of it.
 */
export function fingerprintWindows(length: number): readonly Window[] {
  const count = Math.min(WINDOWS, Math.ceil(length / WINDOW));
  const spread = length > WINDOW * WINDOWS;
  return Array.from({ length: count }, (_, i) => {
    const start = spread ? Math.floor((i * (length - WINDOW)) / (count - 1)) : i * WINDOW;
    return [start, Math.min(WINDOW, length - start)];
  });
}

/**
 * A hash of the number of tokens and of the windows read. The same tokens in memory and in a file have the same
 * fingerprint, whatever their dtype.
 */
export function fingerprintOf(length: number, windows: readonly Int32Array[]): string {
  return hashText([length, ...windows.map((tokens) => hashText(textOf(tokens)))].join());
}

/** Two UTF-16 units a token. */
function textOf(tokens: Int32Array): string {
  const units = new Uint16Array(tokens.length * 2);
  tokens.forEach((token, i) => {
    units[2 * i] = token;
    units[2 * i + 1] = token >>> 16;
  });
  let text = '';
  // A call takes only so many arguments: the units go in pieces.
  for (let i = 0; i < units.length; i += 4096) text += String.fromCharCode(...units.subarray(i, i + 4096));
  return text;
}
