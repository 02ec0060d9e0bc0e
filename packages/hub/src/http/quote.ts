import { quoted } from '@attune/core';

/** The most characters that are shown of what a server sent. */
const MAX_LENGTH = 120;

/** A text of the hub's, for a message: in quotes, shortened, and with its controls written out. */
export function quote(text: string): string {
  return quoted(text, MAX_LENGTH);
}
