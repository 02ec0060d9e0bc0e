import { withSession, type RunRecord, type RunSession } from './run-record.js';
import type { RunStore } from './run-store.js';

/**
 * Does the work of a session, which is recorded before it begins. When it is over, however it ended, the most memory that its
 * process had is recorded, too.
 */
export async function inSession(
  run: Pick<RunStore, 'check' | 'writeRecord'>,
  record: RunRecord,
  session: RunSession,
  host: { peakMemory?(): number; warn(message: string): void },
  work: () => Promise<void>,
): Promise<void> {
  const recorded = withSession(record, session);
  await run.writeRecord(recorded);
  try {
    await work();
  } finally {
    const peakBytes = host.peakMemory?.();
    if (peakBytes !== undefined) await writePeak(run, withSession(record, { ...session, peakBytes }), host);
  }
}

/** A run that ended is not to fail for the sake of a figure, nor to hide why it failed: the user is told. */
async function writePeak(
  run: Pick<RunStore, 'check' | 'writeRecord'>,
  record: RunRecord,
  host: { warn(message: string): void },
): Promise<void> {
  try {
    await run.check();
    await run.writeRecord(record);
  } catch (error) {
    // The record without the figure stands.
    const why = error instanceof Error ? error.message : String(error);
    host.warn(`The peak of memory could not be recorded in run.json: ${why}`);
  }
}
