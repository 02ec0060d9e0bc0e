import { AttuneError, type Batch } from '@attune/core';
import { firstText } from '../distributed/messages.js';
import { firstNonFinite } from './diagnose.js';
import type { ResolvedTrainerOptions } from './options.js';
import type { Session } from './session.js';

/** The metrics of a step that was not accepted. */
export interface RejectedStep {
  /** Steps done before it. */
  readonly done: number;
  readonly loss: number;
  readonly gradNorm: number;
  readonly count: number;
  /** The loss that was the highest allowed. */
  readonly lossLimit: number;
  /** The feeds of this process. */
  readonly feeds: readonly Batch[];
}

/** Throws what is wrong with a step that was not accepted, unless it is a spike that is to be skipped: the same on all ranks. */
export async function rejectStep(
  session: Session,
  options: ResolvedTrainerOptions,
  { done, loss, gradNorm, count, lossLimit, feeds }: RejectedStep,
): Promise<void> {
  const step = done + 1;
  const { optimizer, lossSpike, communicator } = options;
  if (count <= 0) {
    throw new AttuneError('NO_TARGETS', `Step ${step}: no target of its batches carries loss.`, {
      fix: 'Look at the loss mask and ignoreIndex of the data.',
    });
  }
  if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
    const own = await firstNonFinite(session, options, feeds);
    const culprit = communicator ? await firstText(communicator, own) : own;
    const lr = optimizer.learningRate(done);
    throw new AttuneError(
      'NON_FINITE',
      `Step ${step}: the loss is ${loss} and the gradient's norm ${gradNorm}; ${culprit ?? 'all parameters and their gradients are finite in each of its micro-batches'}.`,
      {
        fix: `The parameters are those before this step. Lower the learning rate (now ${lr}), or clip gradients (gradClip).`,
        data: { step, loss, gradNorm },
      },
    );
  }
  if (lossSpike?.action === 'skip') return;
  throw new AttuneError('LOSS_SPIKE', `Step ${step}: the loss is ${loss}, above the limit of ${lossLimit}.`, {
    fix: 'The parameters are those before this step. Look at its data, lower the learning rate, or skip spikes.',
    data: { step, loss, limit: lossLimit },
  });
}
