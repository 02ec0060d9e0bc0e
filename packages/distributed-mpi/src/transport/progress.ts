import type { AttuneError } from '@attune/core';

/** Counts what a call still waits for. */
export class Progress {
  private open = 0;
  private ended = 0;
  private fault?: AttuneError;

  /** Something more to wait for, until the function that is returned is called. */
  begin(): () => void {
    this.open++;
    return () => {
      this.open--;
      this.ended++;
    };
  }

  /** The call cannot be carried out. */
  fail(error: AttuneError): void {
    this.fault ??= error;
  }

  get error(): AttuneError | undefined {
    return this.fault;
  }

  /** Grows as the call gets on. */
  get steps(): number {
    return this.ended;
  }

  get done(): boolean {
    return this.open === 0;
  }
}
