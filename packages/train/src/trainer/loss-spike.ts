import { MAX_F32, type LossStatistics } from '@attune/core';

/** A guard against sudden bad steps. */
export interface LossSpikeOptions {
  /** How many standard deviations above the running mean a loss may be. */
  readonly zScore: number;
  /** `skip` leaves the step out and goes on; `stop` ends the run with LOSS_SPIKE. Default `stop`. */
  readonly action?: 'skip' | 'stop';
  /** How many steps the running statistics remember, roughly. Default 100. */
  readonly window?: number;
}

/** Steps before the guard begins to judge: until then mean and deviation mean little. */
const WARM_UP = 20;

/** Follows the loss by an exponential moving mean and variance, and says how high it may be. */
export class LossSpikeGuard {
  constructor(
    private readonly options: LossSpikeOptions | undefined,
    private statistics: LossStatistics = { count: 0, mean: 0, variance: 0 },
  ) {}

  /** The highest loss that is no spike. */
  limit(): number {
    const { count, mean, variance } = this.statistics;
    if (!this.options || count < WARM_UP) return MAX_F32;
    return mean + this.options.zScore * Math.sqrt(variance);
  }

  /** Takes note of the loss of an accepted step. */
  observe(loss: number): void {
    const { count, mean, variance } = this.statistics;
    // A plain average at first, so that the first losses do not weigh more than the later ones.
    const weight = 1 / Math.min(count + 1, this.options?.window ?? 100);
    const difference = loss - mean;
    this.statistics = {
      count: count + 1,
      mean: mean + weight * difference,
      variance: count === 0 ? 0 : (1 - weight) * (variance + weight * difference * difference),
    };
  }

  state(): LossStatistics {
    return this.statistics;
  }
}
