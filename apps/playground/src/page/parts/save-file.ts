import { create } from './elements.js';

/** How long a browser may take to take over a file, in milliseconds. */
const TAKEN_MS = 60_000;

/** Gives a file to the user, as a download. */
export function saveFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  create('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), TAKEN_MS);
}
