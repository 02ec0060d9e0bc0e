/** Numbers that several processes add up or hand to each other: their memory is read and written in place. */
export type SharedNumbers = Float32Array | Float64Array;

/**
 * Processes that work on one task. Each has a rank, from 0 on, and all of them make the same calls, in the same order, with
 * arrays of the same types and lengths. Calls are carried out in the order in which they were made, and a call resolves when
 * the rank's own part in it is done and its arrays may be used again; until then nobody else may touch them.
 *
 * **Order of sums.** What is added up is added in the order of ranks, `((0 + x₀) + x₁) + …`, on every rank alike: the same
 * values on the same number of ranks give the same bits, and every rank ends up with the same bits.
 *
 * **Loss of a rank.** Where a rank is gone or cannot be reached, the calls under way and all later ones fail with RANK_LOST,
 * which names the rank, within the time that the implementation states. Arrays may hold anything then. Nothing is tried again.
 *
 * **Disagreement.** Where the ranks call for different things, or for arrays of different lengths, the call fails with
 * RANKS_DISAGREE on at least one of them.
 */
export interface Communicator {
  /** This process's number, `0 ≤ rank < size`. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /** How many of them run on this machine, this one among them. */
  readonly localSize: number;
  /** For people, e.g. `Open MPI 4.1.4, 4 ranks on 2 hosts`. */
  readonly description: string;
  /** Replaces every element by its sum over all ranks. */
  allReduceSum(parts: readonly SharedNumbers[]): Promise<void>;
  /**
   * Sums as {@link Communicator.allReduceSum}, where each part is wanted on one rank only: it has the sum, and elsewhere the
   * part may hold anything.
   *
   * @param owners the rank that wants each part.
   */
  reduceScatterSum(parts: readonly SharedNumbers[], owners: readonly number[]): Promise<void>;
  /**
   * Replaces each part by that of one rank.
   *
   * @param owners the rank that has each part.
   */
  allGather(parts: readonly SharedNumbers[], owners: readonly number[]): Promise<void>;
  /** Replaces the bytes by those of rank `root`. */
  broadcast(bytes: Uint8Array, root: number): Promise<void>;
  /** Resolves when every rank has called it. */
  barrier(): Promise<void>;
  /**
   * Ends all processes of the task as soon as it can, this one among them, with this exit code.
   *
   * @param reason one line, which is shown with the rank.
   */
  abort(exitCode: number, reason: string): Promise<never>;
  /**
   * Leaves the task in an orderly way, when all calls are done. Every rank has to: it may wait for the others.
   * Later calls fail with DISPOSED.
   */
  dispose(): Promise<void>;
}
