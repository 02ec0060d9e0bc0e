import { broadcastText, isAttuneError, type Communicator, type ErrorCode } from '@attune/core';
import { OtherRankFailed } from './other-rank-failed.js';
import { exchangeOutcomes, isAlike, outcomeOf, type Outcome } from './outcome.js';

/** An error that ends a rank, as the ranks of the run have it. */
export interface RankFailure {
  /**
   * `all`: every rank met it, and one is enough to tell of it; `own`: this rank did, and has to tell of it; `other`: another
   * rank tells why.
   */
  readonly scope: 'all' | 'own' | 'other';
  readonly error: unknown;
  /** Other ranks wait for this one, or may: only `Communicator.abort` ends them. */
  readonly othersWait: boolean;
}

/** Errors of training that the trainers of all ranks throw at the same step. */
const OF_ALL: readonly ErrorCode[] = ['NON_FINITE', 'LOSS_SPIKE', 'NO_TARGETS', 'INVALID_CONFIG'];

/** True for an error that the trainers of all ranks throw: they have seen the same numbers. */
function isOfAll(error: unknown): boolean {
  if (!isAttuneError(error)) return false;
  const isNamed = error.code === 'RANKS_DISAGREE' && error.data?.['ranks'] !== undefined;
  return isNamed || OF_ALL.includes(error.code);
}

/** True for an error of the exchange between ranks, after which there is none any more. */
const isParted = (error: unknown) =>
  isAttuneError(error, 'RANK_LOST') || isAttuneError(error, 'RANKS_DISAGREE');

const WELL: Outcome = { failed: false, hash: 0 };

/**
 * The ranks of a distributed run: they set out together, train, and end together. Rank 0 leads: it alone writes, prints and
 * samples.
 *
 * Before and after training they meet now and then, and hear whether all came well. Whoever fails on the way goes to the next
 * meeting with its error, so that none waits in vain. While they train, a rank that fails alone can only end the others; where
 * all of them fail, they meet as well.
 */
export class Ranks {
  private training = false;
  private broken = false;

  constructor(readonly communicator: Communicator) {}

  get leads(): boolean {
    return this.communicator.rank === 0;
  }

  /** Resolves when all ranks have come so far. @throws OtherRankFailed. */
  async meet(): Promise<void> {
    const outcomes = await this.exchange(WELL);
    const failed = outcomes.findIndex((outcome) => outcome.failed);
    if (failed >= 0) throw new OtherRankFailed(failed, outcomes[failed]!.code);
  }

  /**
   * Does some work on rank 0 and, when that is done, on the others.
   *
   * @param follow the work of the others, where it is not the same.
   * @throws OtherRankFailed where that of rank 0, or any rank before it, failed; what the work throws.
   */
  async leaderFirst<T>(work: () => Promise<T>, follow: () => Promise<T> = work): Promise<T> {
    if (!this.leads) {
      await this.meet();
      return follow();
    }
    const result = await work();
    await this.meet();
    return result;
  }

  /** Hands a text of rank 0 to all. @param text is not read elsewhere. @throws OtherRankFailed. */
  async share(text: string): Promise<string> {
    await this.meet();
    return this.call(() => broadcastText(this.communicator, text, 0));
  }

  /** Training begins: from now on, ranks wait for each other in every step. @throws OtherRankFailed. */
  async beginTraining(): Promise<void> {
    await this.meet();
    this.training = true;
  }

  /** Training is over, and no rank waits for another any more. */
  endTraining(): void {
    this.training = false;
  }

  /**
   * Finds out who else met an error that ends this rank. To be called once, when all else is closed.
   *
   * @param patience resolves when ranks that fail in training have waited long enough for the others to fail, too. Default:
   * they do not wait.
   */
  async settle(error: unknown, patience?: Promise<unknown>): Promise<RankFailure> {
    if (error instanceof OtherRankFailed) return { scope: 'other', error, othersWait: false };
    if (this.training && isOfAll(error)) {
      return { scope: 'all', error, othersWait: false };
    }
    const alone: RankFailure = { scope: 'own', error, othersWait: true };
    if (this.broken || (this.training && (!patience || isParted(error)))) return alone;
    const own = outcomeOf(error);
    try {
      // A rank that trains on makes another call than this one, which fails on both.
      const exchanged = this.exchange(own);
      const outcomes = await (this.training && patience
        ? Promise.race([exchanged, patience.then(() => undefined)])
        : exchanged);
      if (!outcomes) return alone;
      if (outcomes.every((outcome) => isAlike(outcome, own))) {
        return { scope: 'all', error, othersWait: false };
      }
      const first = outcomes.findIndex((outcome) => isAlike(outcome, own));
      return { scope: first === this.communicator.rank ? 'own' : 'other', error, othersWait: false };
    } catch {
      return alone;
    }
  }

  private exchange(own: Outcome): Promise<Outcome[]> {
    return this.call(() => exchangeOutcomes(this.communicator, own));
  }

  /** Notes where a call fails: then no rank can be reached any more. */
  private async call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.broken = true;
      throw error;
    }
  }
}
