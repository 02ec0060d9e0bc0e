import { isAttuneError, localCommunicators, type Communicator } from '@attune/core';

/**
 * Does the same work on several ranks of this process, and returns what each has of it. Where one of them fails, it gives up
 * for all, as a program has to; its error is thrown.
 */
export async function onRanks<T>(
  size: number,
  work: (communicator: Communicator) => Promise<T>,
): Promise<T[]> {
  const results = await Promise.allSettled(
    localCommunicators(size).map(async (communicator) => {
      try {
        return await work(communicator);
      } catch (error) {
        await communicator.abort(1, String(error)).catch(() => undefined);
        throw error;
      }
    }),
  );
  const errors = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (errors.length > 0) throw errors.find((error) => !isAttuneError(error, 'RANK_LOST')) ?? errors[0];
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}
