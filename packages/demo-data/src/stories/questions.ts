import { AttuneError, Random } from '@attune/core';
import type { Example } from '@attune/data';
import { generateStories, type StoryFacts } from './generate.js';

/** The stream of a seed that questions are drawn from ("quiz" in ASCII). */
const QUESTION_STREAM = 0x7175697a;

/** A question about a story, and its answer: a word that the story says. */
interface Question {
  readonly question: string;
  readonly answer: string;
}

type CompletionExample = Extract<Example, { kind: 'completion' }>;

/**
 * Questions about little stories, one a story: a prompt of the story, a line feed and a question, and a completion of a
 * space, an answer of one word and a full stop, which ends it also for a tokenizer that has no token for the end. Answers
 * are words of the story, so that they can be compared exactly, and cannot be known without reading it. Questions are
 * written in the characters of the stories. The same seed gives the same questions on every machine, and fewer are the
 * first of more.
 *
 *     Lily was a shy fox. Lily loved her red ball. […]
 *     So what colour was the ball? ▸ red.
 *
 * @param seed another one than that of the stories a model was trained on: the stories are then new to it.
 * @throws AttuneError INVALID_ARGUMENT if `count` is not a positive integer.
 */
export function questionAnswerExamples(seed: number, count: number): CompletionExample[] {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new AttuneError('INVALID_ARGUMENT', `count must be a positive integer, but is ${count}.`);
  }
  const random = new Random(seed, QUESTION_STREAM);
  return generateStories({ seed, stories: count }).map(({ text, facts }) => {
    const questions = questionsAbout(facts);
    const { question, answer } = questions[random.integer(questions.length)]!;
    return { kind: 'completion', prompt: `${text}\n${question}`, completion: ` ${answer}.` };
  });
}

/** The questions about a story: only those that its text answers. */
function questionsAbout(facts: StoryFacts): Question[] {
  const { hero, friend, thing, colour, friendThing, friendColour, owners } = facts;
  const asked: readonly (readonly [question: string, answer: string | undefined])[] = [
    [`So what was ${hero}?`, facts.heroAnimal],
    [`So what was ${friend}?`, facts.friendAnimal],
    [`So what colour was the ${thing}?`, colour],
    [`So where did ${hero} go?`, facts.place],
    [`So whom did ${hero} meet?`, friend],
    [`So what did they eat?`, facts.food],
    [`So what colour was the ${friendThing}?`, friendThing && friendColour],
    ...Object.entries(owners).map(([what, owner]) => [`So who had the ${what} in the end?`, owner] as const),
  ];
  return asked.flatMap(([question, answer]) => (answer === undefined ? [] : [{ question, answer }]));
}
