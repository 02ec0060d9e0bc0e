import type { HubLimits } from '../settings/limits.js';

/** The speed of one connection, over windows of waiting: a slow disk of ours is not the hub's fault. */
export class Throughput {
  private bytes = 0;
  private waitedMs = 0;

  constructor(private readonly limits: Pick<HubLimits, 'minBytesPerSecond' | 'slowMs'>) {}

  /**
   * Counts what came after a wait.
   *
   * @returns the bytes a second of the window that has just ended, if they are too few.
   */
  tooSlow(bytes: number, waitedMs: number): number | undefined {
    this.bytes += bytes;
    this.waitedMs += waitedMs;
    if (this.waitedMs < this.limits.slowMs) return undefined;
    const speed = (1000 * this.bytes) / this.waitedMs;
    this.bytes = this.waitedMs = 0;
    return speed < this.limits.minBytesPerSecond ? speed : undefined;
  }
}
