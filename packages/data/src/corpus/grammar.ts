import type { Slot, StoryEvent } from './slots.js';

/**
 * One step of a story. A story takes its beats in order, each at most once, and tells each by one of its sentences.
 * In a sentence, `{slot}` stands for the slot's word, and `{hero.He}`, `{hero.him}`, `{friend.his}` and so on for
 * pronouns.
 */
export interface Beat {
  /** Only in stories in which this happens. */
  readonly events?: readonly StoryEvent[];
  /** Share of stories that have it. Default 1. */
  readonly share?: number;
  readonly sentences: readonly string[];
}

/** Pronouns, as a woman's and a man's. */
export const pronouns = {
  he: ['she', 'he'],
  He: ['She', 'He'],
  him: ['her', 'him'],
  his: ['her', 'his'],
  His: ['Her', 'His'],
} as const;

export type Pronoun = keyof typeof pronouns;

/** A part of a sentence: literal text, a slot's word, or a pronoun. */
export type SentencePart =
  | { readonly text: string }
  | { readonly slot: Slot }
  | { readonly person: 'hero' | 'friend'; readonly pronoun: Pronoun };

/** Parts of a sentence's template. */
export function sentenceParts(template: string): SentencePart[] {
  return template
    .split(/(\{[^}]*\})/)
    .filter((part) => part !== '')
    .map((part): SentencePart => {
      if (!part.startsWith('{')) return { text: part };
      const [name, pronoun] = part.slice(1, -1).split('.');
      return pronoun === undefined
        ? { slot: name as Slot }
        : { person: name as 'hero' | 'friend', pronoun: pronoun as Pronoun };
    });
}

/** The grammar of the stories. */
export const beats: readonly Beat[] = [
  // Who.
  {
    sentences: [
      'Once there was a {heroNature} {heroAnimal} named {hero}.',
      '{hero} was a {heroNature} {heroAnimal}.',
      'This is the story of {hero}, a {heroNature} {heroAnimal}.',
    ],
  },
  {
    share: 0.8,
    sentences: ['{hero.He} lived {home}.', '{hero} lived {home}.', '{hero.His} home was {home}.'],
  },
  {
    sentences: [
      '{hero.He} had a {colour} {thing}.',
      '{hero} loved {hero.his} {colour} {thing}.',
      'The best thing {hero.he} had was a {colour} {thing}.',
    ],
  },
  // Where, and with whom.
  {
    sentences: [
      'One {time} {hero.he} went to the {place}.',
      'One {time} {hero} took the {thing} to the {place}.',
      'One {time} {hero} walked to the {place} with the {colour} {thing}.',
    ],
  },
  {
    sentences: [
      'There {hero.he} met {friend}, a {friendNature} {friendAnimal}.',
      'At the {place} {hero.he} met a {friendNature} {friendAnimal} named {friend}.',
      'A {friendNature} {friendAnimal} named {friend} was there too.',
    ],
  },
  // What was the matter.
  {
    events: ['gives'],
    sentences: [
      '{friend} was sad because {friend.he} had no {thing}.',
      '"I wish I had a {thing} too," said {friend}.',
      '{friend} looked at the {colour} {thing} and was sad.',
    ],
  },
  {
    events: ['finds'],
    sentences: [
      '{friend} was sad because {friend.he} had lost {friend.his} {friendColour} {friendThing}.',
      '"I have lost my {friendColour} {friendThing}," said {friend}.',
    ],
  },
  {
    events: ['trades'],
    sentences: [
      '{friend} had a {friendColour} {friendThing}.',
      '"I have a {friendColour} {friendThing}," said {friend}.',
    ],
  },
  {
    events: ['plays'],
    sentences: [
      '"May I play with you?" said {friend}.',
      '{friend} was alone and wanted to play.',
      '"What a nice {thing}!" said {friend}.',
    ],
  },
  // What they did.
  {
    events: ['gives'],
    sentences: [
      'So {hero} gave the {colour} {thing} to {friend}.',
      '{hero} gave {friend} the {colour} {thing}.',
      'Then {hero} smiled and gave {friend.him} the {thing}.',
    ],
  },
  {
    events: ['finds'],
    sentences: [
      '{hero} looked and found the {friendThing} {spot}.',
      'Then {hero} saw the {friendColour} {friendThing} {spot}.',
      'They found the {friendThing} {spot}.',
    ],
  },
  {
    events: ['trades'],
    sentences: [
      '{hero} gave {friend.him} the {thing} and got the {friendThing}.',
      'So {hero} traded the {colour} {thing} for the {friendColour} {friendThing}.',
    ],
  },
  {
    events: ['plays'],
    sentences: [
      'So they played with the {colour} {thing}.',
      '{hero} and {friend} played with the {thing} all day.',
    ],
  },
  {
    events: ['gives', 'finds'],
    share: 0.5,
    sentences: ['"Thank you, {hero}!" said {friend}.', '{friend} thanked {hero}.'],
  },
  // How things stand now.
  {
    events: ['gives'],
    sentences: ['Now {friend} had the {colour} {thing}.', 'Now the {thing} belonged to {friend}.'],
  },
  {
    events: ['finds'],
    sentences: [
      'Now {friend} had {friend.his} {friendColour} {friendThing} again.',
      '{friend} had {friend.his} {friendThing} back.',
    ],
  },
  {
    events: ['trades'],
    sentences: [
      'Now {hero} had a {friendThing} and {friend} had a {thing}.',
      'Now {friend} had the {colour} {thing}.',
      'Now {hero} had the {friendColour} {friendThing}.',
    ],
  },
  {
    events: ['plays'],
    share: 0.5,
    sentences: ['In the end {hero} still had the {colour} {thing}.', '{hero} took the {thing} home again.'],
  },
  {
    share: 0.5,
    sentences: [
      'Then they ate some {food}.',
      'They sat down and ate {food}.',
      '{friend} shared some {food} with {hero}.',
    ],
  },
  {
    sentences: [
      '{friend} was happy.',
      'They were both happy.',
      '{hero} and {friend} were friends from then on.',
      'At night {hero} slept {home}.',
      'Then {hero} the {heroAnimal} and {friend} the {friendAnimal} went home.',
    ],
  },
];
