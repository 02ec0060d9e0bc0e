import { prepareText, type PreparedText } from '@attune/data';
import { storyCorpus } from '@attune/demo-data';
import type { Cell } from '../src/cell.ts';

/** Stories, by characters: 90 % to train on, the rest to validate. */
const text: Cell<object, { prepared: PreparedText }> = async ({ print }) => {
  const stories = storyCorpus({ seed: 1, stories: 300 });
  const prepared = await prepareText(stories, { tokenizer: 'char' });
  print(`${prepared.train.length} tokens to train on, ${prepared.val.length} to validate`);
  print(`${prepared.tokenizer.vocabSize} different ones: ${[...new Set(stories)].sort().join('').trim()}`);
  return { prepared };
};
export default text;
