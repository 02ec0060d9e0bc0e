import { AttuneError, Random } from '@attune/core';
import { beats, pronouns, sentenceParts } from './grammar.js';
import { differing, isFemale, slots, type Slot, type StoryEvent } from './slots.js';

/** The facts of a story. Only those that its text tells: a question about them can be answered from the text. */
export interface StoryFacts extends Readonly<Partial<Record<Slot, string>>> {
  readonly event: StoryEvent;
  /** Who has each thing at the end, by thing. */
  readonly owners: Readonly<Record<string, string>>;
}

/** A story, and the facts it tells. */
export interface Story {
  /** One line. */
  readonly text: string;
  readonly facts: StoryFacts;
}

export interface StoryOptions {
  /** Default 1. */
  readonly seed?: number;
  /** How many. Default 2000, about 580 KB. */
  readonly stories?: number;
}

/** The stream of a seed that stories are drawn from ("tale" in ASCII). */
const STORY_STREAM = 0x74616c65;

const events: readonly StoryEvent[] = ['gives', 'finds', 'trades', 'plays'];

/**
 * Little stories with facts. The same seed gives the same stories on every machine, and fewer stories are the first of
 * more.
 *
 * @throws AttuneError INVALID_ARGUMENT if `stories` is not a positive integer.
 */
export function generateStories({ seed = 1, stories = 2000 }: StoryOptions = {}): Story[] {
  if (!Number.isSafeInteger(stories) || stories < 1) {
    throw new AttuneError('INVALID_ARGUMENT', `stories must be a positive integer, but is ${stories}.`);
  }
  const random = new Random(seed, STORY_STREAM);
  return Array.from({ length: stories }, () => generateStory(random));
}

/**
 * The embedded corpus: {@link generateStories} as one text, a story a line, with an empty line after each.
 *
 * @throws AttuneError INVALID_ARGUMENT.
 */
export function storyCorpus(options: StoryOptions = {}): string {
  return generateStories(options)
    .map(({ text }) => `${text}\n\n`)
    .join('');
}

function generateStory(random: Random): Story {
  const event = pick(random, events);
  const words = drawWords(random);
  const told = new Set<Slot>();
  const sentences: string[] = [];
  for (const beat of beats) {
    if (beat.events && !beat.events.includes(event)) continue;
    if (beat.share !== undefined && random.uniform() >= beat.share) continue;
    sentences.push(tell(pick(random, beat.sentences), words, told));
  }
  const facts = Object.fromEntries([...told].map((slot) => [slot, words[slot]]));
  return { text: sentences.join(' '), facts: { ...facts, event, owners: ownersAfter(event, words) } };
}

type Words = Readonly<Record<Slot, string>>;

function drawWords(random: Random): Words {
  const words = Object.fromEntries(
    Object.entries(slots).map(([slot, list]) => [slot, pick<string>(random, list)]),
  ) as Record<Slot, string>;
  for (const [first, second] of differing) {
    while (words[first] === words[second]) words[second] = pick<string>(random, slots[second]);
  }
  return words;
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.integer(list.length)]!;
}

/** A sentence with its words in place. The slots it names are added to `told`. */
function tell(template: string, words: Words, told: Set<Slot>): string {
  return sentenceParts(template)
    .map((part) => {
      if ('text' in part) return part.text;
      if ('pronoun' in part) return pronouns[part.pronoun][isFemale(words[part.person]) ? 0 : 1];
      told.add(part.slot);
      return words[part.slot];
    })
    .join('');
}

function ownersAfter(event: StoryEvent, { hero, friend, thing, friendThing }: Words): Record<string, string> {
  switch (event) {
    case 'gives':
      return { [thing]: friend };
    case 'finds':
      return { [thing]: hero, [friendThing]: friend };
    case 'trades':
      return { [thing]: friend, [friendThing]: hero };
    case 'plays':
      return { [thing]: hero };
  }
}
