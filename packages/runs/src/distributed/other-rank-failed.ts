import type { ErrorCode } from '@attune/core';

/** Ends a rank because another one cannot go on: that one says why. */
export class OtherRankFailed extends Error {
  override readonly name = 'OtherRankFailed';

  /**
   * @param rank the one that failed.
   * @param code of its error, where it is one of attune's.
   */
  constructor(
    readonly rank: number,
    readonly code: ErrorCode | undefined,
  ) {
    super(`Rank ${rank} cannot go on${code === undefined ? '' : ` (${code})`}: it says why.`);
  }
}
