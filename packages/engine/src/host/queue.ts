/**
 * Calls in the order in which they are made, of which some take time. While nothing is under way, a call is carried out at
 * once.
 */
export class CallQueue {
  private readonly waiting: (() => Promise<void> | void)[] = [];
  private busy = false;

  /** True if a call would be carried out at once. */
  get idle(): boolean {
    return !this.busy;
  }

  /** Carries out a call when its turn comes; those behind it wait until it has settled. */
  async enqueue<T>(action: () => Promise<T> | T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const start = (): Promise<void> | void => {
        let result: Promise<T> | T;
        try {
          result = action();
        } catch (error) {
          reject(error);
          return undefined;
        }
        if (!(result instanceof Promise)) {
          resolve(result);
          return undefined;
        }
        return result.then(resolve, reject);
      };
      this.waiting.push(start);
      if (!this.busy) this.drain();
    });
  }

  private drain(): void {
    for (let start; (start = this.waiting.shift());) {
      const pending = start();
      if (!pending) continue;
      this.busy = true;
      void pending.then(() => {
        this.busy = false;
        this.drain();
      });
      return;
    }
  }
}
