import type { Output } from '../../context.js';

const ERASE = '\r\u001b[K';

/** A line that is written over and over, on a terminal. Elsewhere there is none. */
export interface StatusLine {
  show(text: string): void;
  clear(): void;
}

export function statusLine(output: Output): StatusLine {
  const write = (text: string) => void (output.isTTY && output.write(`${ERASE}${text}`));
  return { show: write, clear: () => write('') };
}
