import { prepareText, type PreparedText } from '@attune/data';
import { storyCorpus } from '@attune/demo-data';
import { writeTokenFolder } from '@attune/data/node';

/**
 * The vocabulary of the embedded corpus: most of its words are one token, and any other text can be written in bytes. The
 * tokens of ChatML are there for whoever teaches the model to chat.
 */
const STORY_VOCABULARY = {
  vocabSize: 512,
  specialTokens: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'],
};

/** The embedded corpus as tokens. */
export function storyText(): Promise<PreparedText> {
  return prepareText(storyCorpus(), { tokenizer: 'bpe', bpe: STORY_VOCABULARY });
}

/** The embedded corpus as a token folder. */
export async function prepareEmbeddedCorpus(path: string): Promise<string> {
  await writeTokenFolder(path, await storyText());
  return path;
}
