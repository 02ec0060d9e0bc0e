import { AttuneError, type DatasetState } from '@attune/core';

/**
 * The position in a state, if the rest of the state is `identity`.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH, listing everything that differs.
 */
export function restoredPosition(state: DatasetState, identity: DatasetState): number {
  const differences = Object.entries(identity)
    .filter(([key, value]) => state[key] !== value)
    .map(([key, value]) => `${key} was ${JSON.stringify(state[key])} and is ${JSON.stringify(value)}`);
  if (differences.length > 0) {
    throw new AttuneError(
      'CHECKPOINT_MISMATCH',
      `The position was saved for other data: ${differences.join('; ')}.`,
      { fix: 'Resume with the data and the settings of the run that is resumed.' },
    );
  }
  const { position } = state;
  if (typeof position !== 'number' || !Number.isSafeInteger(position) || position < 0) {
    throw new AttuneError(
      'CHECKPOINT_MISMATCH',
      `The saved position must be a count of batches, but is ${JSON.stringify(position)}.`,
    );
  }
  return position;
}
