/** A run is saved at least so often while it trains, if that is cheap. */
const INTERVAL_MS = 3000;
/** How many times as long as the last save it trains before the next: saving takes a 25th of the time at most. */
const TRAINING_PER_SAVE = 24;

/**
 * When a run is to be saved again: three seconds after the last time, or, where saving takes long, when 24 times as
 * long was trained. So much is lost at most, and a step, if the tab is killed.
 */
export class SavePace {
  private begun = 0;
  private ended: number;
  private tookMs = 0;

  /** @param now the time in milliseconds, from wherever. */
  constructor(private readonly now: () => number) {
    this.ended = now();
  }

  isDue(): boolean {
    return this.now() - this.ended >= Math.max(INTERVAL_MS, TRAINING_PER_SAVE * this.tookMs);
  }

  begin(): void {
    this.begun = this.now();
  }

  /** @returns the seconds since its begin. */
  end(): number {
    this.ended = this.now();
    this.tookMs = this.ended - this.begun;
    return this.tookMs / 1000;
  }
}
