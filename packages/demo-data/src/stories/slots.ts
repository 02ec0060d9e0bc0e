import { lexicon } from './lexicon.js';

/**
 * The slots of a story: every fact is the value of a slot, and a story is consistent if each slot has one value from
 * its first mention on.
 */
export const slots = {
  /** The one the story is about. */
  hero: [...lexicon.femaleName, ...lexicon.maleName],
  heroAnimal: lexicon.animal,
  heroNature: lexicon.nature,
  /** Where the hero lives. */
  home: lexicon.home,
  /** The hero's thing at the beginning, and its colour. */
  thing: lexicon.thing,
  colour: lexicon.colour,
  /** When the hero went out, and where to. */
  time: lexicon.time,
  place: lexicon.place,
  /** Whom the hero meets there. */
  friend: [...lexicon.femaleName, ...lexicon.maleName],
  friendAnimal: lexicon.animal,
  friendNature: lexicon.nature,
  /** The friend's thing, which may be lost, and its colour. */
  friendThing: lexicon.thing,
  friendColour: lexicon.colour,
  /** Where the lost thing was found. */
  spot: lexicon.spot,
  /** The food they ate together. */
  food: lexicon.food,
} as const satisfies Record<string, readonly string[]>;

/** A slot that a sentence can fill by a word. */
export type Slot = keyof typeof slots;

/** The event of a story. */
export type StoryEvent = 'gives' | 'finds' | 'trades' | 'plays';

/** Pairs of slots that never have the same value: two friends, two things. */
export const differing: readonly (readonly [Slot, Slot])[] = [
  ['hero', 'friend'],
  ['heroAnimal', 'friendAnimal'],
  ['thing', 'friendThing'],
];

/** True if a name is a woman's. */
export function isFemale(name: string): boolean {
  return (lexicon.femaleName as readonly string[]).includes(name);
}
