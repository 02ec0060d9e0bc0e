import { onOneLine } from './printable.js';
import type { Printer } from './printer.js';

/** A line that is written over and over, on a terminal. Elsewhere there is none. */
export interface StatusLine {
  show(text: string): void;
  clear(): void;
}

export function statusLine(output: Printer): StatusLine {
  const write = (text: string) => void (output.isTTY && output.rewriteLine(onOneLine(text)));
  return { show: write, clear: () => write('') };
}
