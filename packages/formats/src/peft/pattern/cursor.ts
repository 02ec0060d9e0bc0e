import { AttuneError } from '@attune/core';

/** A place in a pattern that is read from left to right. */
export class PatternCursor {
  index = 0;

  constructor(readonly pattern: string) {}

  get next(): string | undefined {
    return this.pattern[this.index];
  }

  /** True if a text follows, which is then passed. */
  take(text: string): boolean {
    const follows = this.pattern.startsWith(text, this.index);
    if (follows) this.index += text.length;
    return follows;
  }

  /** Returns the match of a sticky expression here, and passes it. */
  takeMatch(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.index;
    const match = expression.exec(this.pattern);
    if (match) this.index += match[0].length;
    return match;
  }

  fault(reason: string): AttuneError {
    return new AttuneError(
      'INVALID_ARGUMENT',
      `${this.shown()} is no regular expression: ${reason}, at ${this.index}.`,
    );
  }

  /** A part that Python has, and this has not. */
  foreign(what: string): AttuneError {
    return new AttuneError('INVALID_ARGUMENT', `${this.shown()} has ${what}, which only Python matches.`);
  }

  private shown(): string {
    const { pattern } = this;
    return JSON.stringify(pattern.length > 100 ? `${pattern.slice(0, 100)}…` : pattern);
  }
}
