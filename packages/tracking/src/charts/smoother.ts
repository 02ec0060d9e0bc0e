/**
 * The exponential moving average of numbers, without the pull of its beginning towards 0: Adam's correction of the bias
 * (Kingma and Ba, 2015, section 3).
 */
export class Smoother {
  private sum = 0;
  private weight = 0;

  /** @param decay the share of the average that stays with each number: 0.98 looks back about 50 of them. */
  constructor(private readonly decay = 0.98) {}

  /** Takes a number, and returns the average. What is no finite number leaves the average as it was, and is returned. */
  next(value: number): number {
    if (!Number.isFinite(value)) return NaN;
    this.sum = this.decay * this.sum + (1 - this.decay) * value;
    this.weight = this.decay * this.weight + (1 - this.decay);
    return this.sum / this.weight;
  }
}
