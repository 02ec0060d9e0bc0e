import { onAbort } from './on-abort.js';

/** Other work that waits for its turn. */
export class Job {
  ended = false;
  private readonly ignoreAbort: () => void;

  /**
   * @param act does the work, and never fails.
   * @param refuse told why it was not begun.
   * @param onEnd called once, when it begins, or will not.
   */
  constructor(
    private readonly signal: AbortSignal,
    private readonly act: () => Promise<void>,
    private readonly refuse: (error: unknown) => void,
    private readonly onEnd: (job: Job) => void,
  ) {
    this.ignoreAbort = onAbort(signal, this.cancel);
    if (signal.aborted) this.cancel();
  }

  private readonly cancel = (): void => this.fail(this.signal.reason);

  fail(error: unknown): void {
    if (this.ended) return;
    this.settle();
    this.refuse(error);
  }

  private settle(): void {
    this.ended = true;
    this.ignoreAbort();
    this.onEnd(this);
  }

  async run(): Promise<void> {
    this.settle();
    await this.act();
  }
}
