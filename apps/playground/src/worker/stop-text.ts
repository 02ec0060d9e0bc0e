/** A text as it may be shown. */
export interface ShownText {
  readonly text: string;
  /** True if the text that ends it has come. */
  readonly stopped: boolean;
}

/** The text before the one that ends it. While that may still come, what could be its begin is held back. */
export function untilStop(text: string, stop: string): ShownText {
  if (stop === '') return { text, stopped: false };
  const end = text.indexOf(stop);
  if (end >= 0) return { text: text.slice(0, end), stopped: true };
  let held = Math.min(stop.length - 1, text.length);
  while (!text.endsWith(stop.slice(0, held))) held--;
  return { text: text.slice(0, text.length - held), stopped: false };
}
