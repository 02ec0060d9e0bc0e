import { isAttuneError, withoutFix } from '@attune/core';
import { launcherOf, openMpi, probeMpi } from '@attune/distributed-mpi';
import type { MpiFacts } from '../facts/facts.js';

/** Connects with the processes that the launcher started, which all run doctor, and leaves them. */
async function connect(env: Readonly<Record<string, string | undefined>>): Promise<MpiFacts['task']> {
  try {
    const ranks = await openMpi({ environment: env });
    await ranks.dispose();
    return { description: ranks.description };
  } catch (error) {
    if (!isAttuneError(error)) throw error;
    const { fix } = error;
    return { reason: withoutFix(error), ...(fix && { fix }) };
  }
}

/** Looks for MPI. It is started only where a launcher started several processes. */
export async function mpiFacts(env: Readonly<Record<string, string | undefined>>): Promise<MpiFacts> {
  const launcher = launcherOf(env);
  const library = await probeMpi(env);
  const several = (launcher?.size ?? 1) > 1;
  const task = several && library.available ? await connect(env) : undefined;
  return { library, ...(launcher && { launcher }), ...(task && { task }) };
}
