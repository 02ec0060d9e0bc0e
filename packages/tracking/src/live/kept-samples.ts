import { visibleText } from '../page/escape.js';
import type { LiveSample } from './messages.js';

const MOST = 64;
const MAX_LENGTH = 8000;

/** The samples of a run: the newest, and some of those before it, from the first on. */
export class KeptSamples {
  private kept: LiveSample[] = [];
  /** The number of the newest; 0 without one. */
  newest = 0;

  add(step: number, text: string): void {
    if (this.kept.length >= MOST) this.kept = this.kept.filter((_, i) => i % 2 === 0);
    const shown = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
    this.kept.push({ number: ++this.newest, step, text: visibleText(shown) });
  }

  /** Those with a number above `after`, in order. */
  after(after: number): readonly LiveSample[] {
    return this.kept.filter(({ number }) => number > after);
  }
}
