import type { PlannedTraining, RunHost } from '@attune/runs';
import type { Context } from '../../environment/context.js';
import { reportPlannedWrites } from '../../printing/planned-writes.js';
import { runHost } from '../host/run-host.js';
import { targetOf } from '../host/target.js';

/**
 * Says what a training would write, and writes nothing.
 *
 * @param plan is handed a host on whose disk changes are noted.
 * @throws whatever `plan` throws.
 */
export async function plannedTraining(
  { json }: { readonly json: boolean },
  context: Context,
  plan: (host: RunHost) => Promise<PlannedTraining>,
): Promise<void> {
  const { trial } = targetOf(true);
  const { writes, notes } = await plan(runHost(context, { trial: trial! }));
  for (const path of writes) trial!.note({ path, kind: 'extend' });
  await reportPlannedWrites(trial!.changes, { json, notes }, context.stdout);
}
