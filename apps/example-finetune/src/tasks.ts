import { prepareText, writeTokenFolder } from '@attune/data';
import { generateStories, storyCorpus, type Story } from '@attune/demo-data';
import type { WritableFolder } from '@attune/files';

/** How many rows there are. */
export interface RowCounts {
  readonly train: number;
  readonly test: number;
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
function question(story: Story, index: number): object {
  const { hero, heroAnimal, colour, thing } = story.facts;
  const [asked, answer] =
    index % 2 === 0 ? [`So what was ${hero}?`, heroAnimal] : [`So what colour was the ${thing}?`, colour];
  return { prompt: `${beginning(story)}\n${asked}`, completion: ` ${answer}.\n` };
}

/** The same stories, to be told apart by the animal that the hero is. */
function animal(story: Story): object {
  return { text: beginning(story), label: story.facts.heroAnimal };
}

async function writeRows(folder: WritableFolder, rows: readonly object[], { train }: RowCounts) {
  const lines = (some: readonly object[]) => some.map((row) => `${JSON.stringify(row)}\n`).join('');
  await folder.make();
  await folder.write('train.jsonl', lines(rows.slice(0, train)));
  await folder.write('test.jsonl', lines(rows.slice(train)));
}

/**
 * Writes the data: `stories`, the embedded ones, character by character; `questions` and `animals` about stories of a seed of
 * their own. No model was pretrained on these, and the test's are not among those trained on.
 */
export async function writeData(folder: WritableFolder, counts: RowCounts): Promise<void> {
  const text = await prepareText(storyCorpus(), { tokenizer: 'char' });
  await writeTokenFolder(folder.folder('stories'), text);
  const stories = generateStories({ seed: 2026, stories: counts.train + counts.test });
  await writeRows(folder.folder('questions'), stories.map(question), counts);
  await writeRows(folder.folder('animals'), stories.map(animal), counts);
}
