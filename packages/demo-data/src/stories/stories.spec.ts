import { generateStories, storyCorpus } from './generate.js';
import { gradeStory } from './grade.js';

describe('storyCorpus', () => {
  const corpus = storyCorpus();

  it('is large enough to learn from, and made of few words and characters', () => {
    expect(corpus.length).toBeGreaterThan(500_000);
    expect(new Set(corpus).size).toBeLessThan(45);
    expect(new Set(corpus.toLowerCase().match(/[a-z]+/g)).size).toBeLessThan(210);
  });

  it('cannot be memorised: stories do not repeat', () => {
    const stories = generateStories();
    expect(new Set(stories.map(({ text }) => text)).size).toBe(stories.length);
  });

  it('is the same for the same seed, another for another, and longer with more stories', () => {
    const ten = storyCorpus({ stories: 10 });
    expect(storyCorpus({ seed: 1, stories: 10 })).toBe(ten);
    expect(corpus.startsWith(ten)).toBe(true);
    expect(storyCorpus({ seed: 2, stories: 10 })).not.toBe(ten);
    expect(ten.split('\n')[0]).toMatchInlineSnapshot(
      `"Hugo was a young rabbit. He lived near a mill. Hugo loved his black coat. One day Hugo took the coat to the beach. At the beach he met a duck named Nina. "May I play with you?" said Nina. So they played with the black coat. At night Hugo slept near a mill."`,
    );
  });

  it('rejects a number of stories that is none', () => {
    expect(() => storyCorpus({ stories: 0.5 })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

describe('generateStories', () => {
  it('tells every fact that it names', () => {
    for (const { text, facts } of generateStories({ stories: 200 })) {
      const { event, owners, ...words } = facts;
      for (const word of Object.values(words)) expect(text).toContain(word);
      expect(['gives', 'finds', 'trades', 'plays']).toContain(event);
      for (const [thing, owner] of Object.entries(owners)) {
        expect(text).toContain(thing);
        expect([facts.hero, facts.friend]).toContain(owner);
      }
    }
  });

  it('says who has the thing in the end', () => {
    const given = generateStories({ stories: 100 }).filter(({ facts }) => facts.event === 'gives');
    expect(given.length).toBeGreaterThan(5);
    for (const { facts } of given) expect(facts.owners).toEqual({ [facts.thing!]: facts.friend });
  });
});

describe('gradeStory', () => {
  const story = [
    'Lily was a small fox.',
    'Lily was a shy fox. She had a red ball. One day Lily took the ball to the park. There she met Tom, a big dog.',
    'Tom was sad because he had no ball. So Lily gave Tom the red ball. Now Tom had the red ball.',
  ];
  const good = `${story[1]} ${story[2]}`;
  const faultsOf = (text: string) => gradeStory(text).faults;

  it('finds no fault in its own stories', () => {
    const grade = gradeStory(storyCorpus({ seed: 3, stories: 300 }));
    expect(grade.faults).toEqual([]);
    expect(grade.grammatical).toBe(grade.sentences);
    expect(grade.consistent).toBe(grade.sentences);
  });

  it('counts whole sentences only', () => {
    expect(gradeStory(`${good} They were bo`)).toEqual({
      sentences: 7,
      grammatical: 7,
      consistent: 7,
      faults: [],
    });
    expect(gradeStory('')).toEqual({ sentences: 0, grammatical: 0, consistent: 0, faults: [] });
  });

  it('knows which sentences are not of the grammar', () => {
    expect(gradeStory(`${story[0]} Lily xq the. ${story[2]}`)).toMatchObject({
      sentences: 5,
      grammatical: 3,
    });
  });

  it.each([
    ['another colour', good.replace('the red ball. Now', 'the blue ball. Now'), 'colour was red, now blue'],
    ['another thing', good.replace('the ball to', 'the kite to'), 'thing was ball, now kite'],
    ['another name', good.replace('One day Lily', 'One day Mia'), 'hero was Lily, now Mia'],
    ['a pronoun that does not fit', good.replace('She had', 'He had'), 'heroFemale was true, now false'],
    ['meeting oneself', good.replace('Tom, a', 'Lily, a'), 'hero and friend are both Lily'],
    ['another owner', good.replace('Now Tom', 'Now Lily'), 'friend was Tom, now Lily'],
    [
      'a pronoun at odds with its own sentence',
      good.replace('he had no', 'she had no'),
      'is not of the grammar',
    ],
    ['things in the wrong order', `${good} She had a red ball.`, 'out of order'],
    [
      'playing with what was given away',
      `${good} Lily took the ball home again.`,
      'does not belong where gives happens',
    ],
  ])('finds %s', (_what, text, fault) => {
    expect(faultsOf(text).join()).toContain(fault);
  });

  it('starts over with each story', () => {
    expect(faultsOf(`${good}\n\n${good.replaceAll('red', 'blue').replaceAll('Lily', 'Mia')}`)).toEqual([]);
  });
});
