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
      '{hero} was a {heroNature} {heroAnimal}.',
      'Once there was a {heroNature} {heroAnimal} named {hero}.',
    ],
  },
  { share: 0.7, sentences: ['{hero.He} lived {home}.', '{hero.His} home was {home}.'] },
  { sentences: ['{hero.He} had a {colour} {thing}.', '{hero} loved {hero.his} {colour} {thing}.'] },
  // Where, and with whom.
  {
    sentences: [
      'One {time} {hero.he} went to the {place}.',
      'One {time} {hero} took the {thing} to the {place}.',
    ],
  },
  {
    sentences: [
      'There {hero.he} met {friend}, a {friendNature} {friendAnimal}.',
      'At the {place} {hero.he} met a {friendAnimal} named {friend}.',
    ],
  },
  // What was the matter.
  {
    events: ['gives'],
    sentences: [
      '{friend} was sad because {friend.he} had no {thing}.',
      '"I wish I had a {thing} too," said {friend}.',
    ],
  },
  {
    events: ['finds'],
    sentences: [
      '{friend} was sad because {friend.he} had lost a {friendColour} {friendThing}.',
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
  { events: ['plays'], sentences: ['{friend} wanted to play.', '"May I play with you?" said {friend}.'] },
  // What they did.
  {
    events: ['gives'],
    sentences: ['So {hero} gave {friend} the {colour} {thing}.', '{hero} gave the {thing} to {friend}.'],
  },
  {
    events: ['finds'],
    sentences: [
      '{hero} found the {friendThing} {spot}.',
      'They found the {friendColour} {friendThing} {spot}.',
    ],
  },
  {
    events: ['trades'],
    sentences: [
      'So {hero} gave {friend} the {thing} for the {friendThing}.',
      '{hero} traded the {colour} {thing} for the {friendColour} {friendThing}.',
    ],
  },
  {
    events: ['plays'],
    sentences: ['So they played with the {colour} {thing}.', '{hero} and {friend} played with the {thing}.'],
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
      'Now {friend} had the {friendColour} {friendThing} again.',
      'Now the {friendThing} was back with {friend}.',
    ],
  },
  {
    events: ['trades'],
    sentences: ['Now {friend} had the {colour} {thing}.', 'Now {hero} had the {friendColour} {friendThing}.'],
  },
  {
    events: ['plays'],
    share: 0.5,
    sentences: ['{hero} took the {thing} home again.', '{hero} still had the {colour} {thing}.'],
  },
  {
    share: 0.5,
    sentences: ['Then they ate some {food}.', '{friend} shared some {food} with {hero}.'],
  },
  {
    sentences: [
      '{friend} was happy.',
      'They were both happy.',
      '{hero} and {friend} were friends.',
      'At night {hero} slept {home}.',
    ],
  },
];
