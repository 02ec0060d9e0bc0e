import {
  encodeExample,
  ExampleStore,
  memoryTokens,
  prepareText,
  specialTokensOf,
  type EncodedExamples,
  type Example,
  type Tokenizer,
  type TokenSource,
} from '@attune/data';
import { generateStories, storyCorpus, type Story } from '@attune/demo-data';

/** The text that a model is pretrained on. */
export interface PretrainingText {
  readonly tokenizer: Tokenizer;
  readonly tokens: TokenSource;
}

/** The embedded stories, character by character. */
export async function storyText(): Promise<PretrainingText> {
  const { tokenizer, train } = await prepareText(storyCorpus(), { tokenizer: 'char' });
  return { tokenizer, tokens: memoryTokens(train) };
}

/** Rows to learn from, and others to be asked about. */
export interface Rows {
  readonly train: EncodedExamples;
  readonly test: EncodedExamples;
}

/** The begin of a story, up to where it tells what the hero loved. */
function beginning({ text, facts: { colour, thing } }: Story): string {
  const told = `${colour} ${thing}.`;
  return text.slice(0, text.indexOf(told) + told.length);
}

/**
 * A question about each story: which animal the hero is, or which colour its thing has. A line feed ends an answer, as these
 * characters have no token that does.
 */
function question(story: Story, index: number): Example {
  const { hero, heroAnimal, colour, thing } = story.facts;
  const [asked, answer] =
    index % 2 === 0 ? [`So what was ${hero}?`, heroAnimal] : [`So what colour was the ${thing}?`, colour];
  return { kind: 'completion', prompt: `${beginning(story)}\n${asked}`, completion: ` ${answer}.\n` };
}

/** The same stories, to be told apart by the animal that the hero is. */
function animal(story: Story): Example {
  return { kind: 'classification', text: beginning(story), label: story.facts.heroAnimal! };
}

async function rowsOf(
  name: string,
  tokenizer: Tokenizer,
  examples: readonly Example[],
): Promise<EncodedExamples> {
  const options = { tokenizer, specialTokens: specialTokensOf(tokenizer) };
  const store = new ExampleStore(name);
  for (const [i, example] of examples.entries()) {
    const label = example.kind === 'classification' ? { label: example.label } : {};
    store.add(await encodeExample(example, options), {
      ...{ file: name, line: i + 1, contentHash: `${name} ${i}` },
      ...label,
    });
  }
  return store;
}

/** How many rows there are. */
export interface RowCounts {
  readonly train: number;
  readonly test: number;
}

/** Stories of a seed of their own: no model was pretrained on them, and the test's are not among those trained on. */
async function storyRows(
  tokenizer: Tokenizer,
  counts: RowCounts,
  example: (story: Story, index: number) => Example,
): Promise<Rows> {
  const stories = generateStories({ seed: 2026, stories: counts.train + counts.test });
  const examples = stories.map(example);
  return {
    train: await rowsOf('questions to learn from', tokenizer, examples.slice(0, counts.train)),
    test: await rowsOf('questions to be asked', tokenizer, examples.slice(counts.train)),
  };
}

/** Questions and answers. */
export function questions(tokenizer: Tokenizer, counts: RowCounts): Promise<Rows> {
  return storyRows(tokenizer, counts, question);
}

/** Texts and classes. */
export function animals(tokenizer: Tokenizer, counts: RowCounts): Promise<Rows> {
  return storyRows(tokenizer, counts, animal);
}
