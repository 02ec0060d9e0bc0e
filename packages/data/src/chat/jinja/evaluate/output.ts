import type { TextSpan } from './rendering.js';
import type { Budget } from '../values/budget.js';

/** Text as it is written, and where `{% generation %}` blocks stand in it. */
export class Output {
  private readonly pieces: string[] = [];
  private length = 0;
  private readonly marks: TextSpan[] = [];
  private depth = 0;

  constructor(private readonly budget: Budget) {}

  write(text: string): void {
    if (text === '') return;
    this.length += text.length;
    this.budget.checkLength(this.length);
    this.pieces.push(text);
  }

  /** Marks what is written meanwhile. Of marks within each other, the outer one counts. */
  mark(write: () => void): void {
    const start = this.length;
    this.depth++;
    write();
    if (--this.depth === 0) this.marks.push({ start, end: this.length });
  }

  text(): string {
    this.budget.text(this.length);
    return this.pieces.join('');
  }

  rendering(): { readonly text: string; readonly marks: readonly TextSpan[] } {
    return { text: this.text(), marks: this.marks };
  }
}
