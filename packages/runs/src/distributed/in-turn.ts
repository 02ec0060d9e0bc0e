import type { Ranks } from './ranks.js';

/** Does some work which the ranks of a distributed run do one after the other: see {@link Ranks.leaderFirst}. */
export function inTurn<T>(
  { ranks }: { readonly ranks?: Ranks | undefined },
  work: () => Promise<T>,
  follow: () => Promise<T> = work,
): Promise<T> {
  return ranks ? ranks.leaderFirst(work, follow) : work();
}
