import { beats, pronouns, sentenceParts } from './grammar.js';
import { differing, isFemale, slots, type Slot, type StoryEvent } from './slots.js';

/** How much of a text is a story of the grammar. Counts, so that the grades of several texts add up. */
export interface StoryGrade {
  /** Whole sentences. */
  readonly sentences: number;
  /** Sentences that the grammar has. */
  readonly grammatical: number;
  /** Grammatical sentences that contradict nothing said before in the same story. */
  readonly consistent: number;
  /** For each sentence that is not consistent: the sentence, and why not. */
  readonly faults: readonly string[];
}

/** The claims of a sentence: `colour` is `red`, `heroFemale` is `true`, and so on. */
type Claims = ReadonlyMap<string, string>;

/** A sentence of the grammar, ready to be recognised. */
interface Rule {
  readonly beat: number;
  readonly events: readonly StoryEvent[] | undefined;
  readonly pattern: RegExp;
  /** The claims of each group of the pattern. */
  readonly groups: readonly ((word: string) => readonly [key: string, value: string][])[];
}

/** The facts told so far in a story. */
interface Told {
  readonly claims: Map<string, string>;
  beat: number;
  events: readonly StoryEvent[];
}

const allEvents: readonly StoryEvent[] = ['gives', 'finds', 'trades', 'plays'];

/**
 * Grades a text, such as a sample of a model that learned the stories. A story ends where a line ends; a last sentence
 * without its end is left out. Within a story, each name, animal, colour, thing, place and pronoun has to stay the same,
 * and things have to happen once, in order, and in one course of events: a thing that was given away is not played with.
 */
export function gradeStory(text: string): StoryGrade {
  let grammatical = 0;
  let consistent = 0;
  let sentences = 0;
  const faults: string[] = [];
  for (const line of text.split('\n')) {
    const told: Told = { claims: new Map(), beat: -1, events: allEvents };
    for (const sentence of sentencesOf(line)) {
      sentences++;
      const readings = readingsOf(sentence);
      if (readings.length > 0) grammatical++;
      const fault = readings.length === 0 ? 'is not of the grammar' : firstFault(readings, told);
      if (fault === undefined) consistent++;
      else faults.push(`${sentence} (${fault})`);
    }
  }
  return { sentences, grammatical, consistent, faults };
}

/** Whole sentences of a line: ending in a full stop, exclamation mark or question mark, and followed by a capital. */
function sentencesOf(line: string): string[] {
  const parts = line.trim().split(/(?<=[.!?]"?) +(?=["A-Z])/);
  return parts.filter((part) => /[.!?]"?$/.test(part));
}

interface Reading {
  readonly rule: Rule;
  readonly claims: Claims;
}

let rules: readonly Rule[] | undefined;

/** All ways to read a sentence: `Now Tom had the red ball.` is of two courses of events. */
function readingsOf(sentence: string): Reading[] {
  rules ??= beats.flatMap(({ events, sentences }, beat) =>
    sentences.map((template) => ruleOf(beat, events, template)),
  );
  return rules.flatMap((rule) => {
    const match = rule.pattern.exec(sentence);
    if (!match) return [];
    const claims = rule.groups.flatMap((group, i) => group(match[i + 1]!));
    return agree(claims) ? [{ rule, claims: new Map(claims) }] : [];
  });
}

/** True if no key has two values. */
function agree(claims: readonly (readonly [string, string])[]): boolean {
  const seen = new Map(claims);
  return claims.every(([key, value]) => seen.get(key) === value);
}

function ruleOf(beat: number, events: Rule['events'], template: string): Rule {
  const groups: Rule['groups'][number][] = [];
  const pattern = sentenceParts(template).map((part) => {
    if ('text' in part) return part.text.replaceAll(/[.?!"]/g, '\\$&');
    if ('pronoun' in part) {
      const [hers] = pronouns[part.pronoun];
      groups.push((word) => [[`${part.person}Female`, String(word === hers)]]);
      return `(${pronouns[part.pronoun].join('|')})`;
    }
    groups.push((word) => claimsOf(part.slot, word));
    return `(${slots[part.slot].join('|')})`;
  });
  return { beat, events, pattern: new RegExp(`^${pattern.join('')}$`), groups };
}

/** A name claims who it is, and how to speak of them. */
function claimsOf(slot: Slot, word: string): [string, string][] {
  const isPerson = slot === 'hero' || slot === 'friend';
  return isPerson
    ? [
        [slot, word],
        [`${slot}Female`, String(isFemale(word))],
      ]
    : [[slot, word]];
}

/** Takes the first reading that contradicts nothing. If none does: why not. */
function firstFault(readings: readonly Reading[], told: Told): string | undefined {
  const faults: string[] = [];
  // A sentence of several courses of events leaves open all of those in which it could be said.
  const fitting = readings.filter((reading) => {
    const fault = faultOf(reading, told);
    if (fault !== undefined) faults.push(fault);
    return fault === undefined;
  });
  const [first] = fitting;
  if (!first) return faults[0];
  for (const [key, value] of first.claims) told.claims.set(key, value);
  told.beat = first.rule.beat;
  told.events = told.events.filter((event) =>
    fitting.some(({ rule }) => rule.events?.includes(event) ?? true),
  );
  return undefined;
}

function faultOf({ rule, claims }: Reading, told: Told): string | undefined {
  for (const [key, value] of claims) {
    const before = told.claims.get(key);
    if (before !== undefined && before !== value) return `${key} was ${before}, now ${value}`;
  }
  for (const pair of differing) {
    const [a, b] = pair.map((slot) => claims.get(slot) ?? told.claims.get(slot));
    if (a !== undefined && a === b) return `${pair.join(' and ')} are both ${a}`;
  }
  if (rule.beat <= told.beat) return 'out of order';
  if (rule.events && !rule.events.some((event) => told.events.includes(event))) {
    return `does not belong where ${told.events.join(' or ')} happens`;
  }
  return undefined;
}
