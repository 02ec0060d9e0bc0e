/** Watches a growing text for the texts that end it. */
export interface StopText {
  /** Takes the next piece, and returns what may be shown: nothing that is, or may become, a stop text. */
  push(piece: string): string;
  /** True if a stop text has come. */
  readonly stopped: boolean;
  /** Returns the text that was held back, when no more follows. */
  end(): string;
}

/** Ends a text before the first of `stops` that occurs in it. */
export function stopText(stops: readonly string[]): StopText {
  const longest = Math.max(0, ...stops.map((stop) => stop.length));
  let held = '';
  let stopped = false;

  /** Length of the longest end of `text` that begins a stop text. */
  function openEnd(text: string): number {
    for (let length = Math.min(longest - 1, text.length); length > 0; length--) {
      const end = text.slice(-length);
      if (stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }

  return {
    push(piece) {
      if (stopped) return '';
      const text = held + piece;
      const found = stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
      if (found.length > 0) {
        stopped = true;
        held = '';
        return text.slice(0, Math.min(...found));
      }
      const certain = text.length - openEnd(text);
      held = text.slice(certain);
      return text.slice(0, certain);
    },
    get stopped() {
      return stopped;
    },
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}
