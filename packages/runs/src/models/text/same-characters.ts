import { AttuneError } from '@attune/core';
import type { Tokenizer } from '@attune/data';

/**
 * Two character vocabularies of one size would fit each other without a word, and mean nothing.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH if both are of characters, and of different ones.
 */
export function checkSameCharacters(
  model: Tokenizer | null,
  data: Tokenizer | null,
  modelPath: string,
  dataPath: string,
): void {
  const [ours, theirs] = [model?.toJSON(), data?.toJSON()];
  if (ours?.kind !== 'char' || theirs?.kind !== 'char' || ours.chars === theirs.chars) return;
  throw new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The model in ${modelPath} reads other characters than the data in ${dataPath} is made of.`,
    { fix: 'Use the data the model was trained on.' },
  );
}
