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
  host: { peakMemory?(): number },
  work: () => Promise<void>,
): Promise<void> {
  const recorded = withSession(record, session);
  await run.writeRecord(recorded);
  try {
    await work();
  } finally {
    const peakBytes = host.peakMemory?.();
    if (peakBytes !== undefined) await writePeak(run, withSession(record, { ...session, peakBytes }));
  }
}

/** A run that ended is not to fail for the sake of a figure, nor to hide why it failed: a folder that is gone says so itself. */
async function writePeak(run: Pick<RunStore, 'check' | 'writeRecord'>, record: RunRecord): Promise<void> {
  try {
    await run.check();
    await run.writeRecord(record);
  } catch {
    // The record without the figure stands.
  }
}
