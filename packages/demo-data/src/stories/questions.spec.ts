import { storyCorpus } from './generate.js';
import { questionAnswerExamples } from './questions.js';
import { slots } from './slots.js';

describe('questionAnswerExamples', () => {
  const examples = questionAnswerExamples(7, 400);

  it('asks about a story, and answers by a word of it', () => {
    for (const { kind, prompt, completion } of examples) {
      expect(kind).toBe('completion');
      const [story, question, ...more] = prompt.split('\n');
      expect(more).toEqual([]);
      expect(question).toMatch(/^So (what|where|who|whom) .*\?$/);
      expect(question).not.toContain('undefined');
      expect(completion).toMatch(/^ [A-Za-z]+\.$/);
      expect(story).toContain(completion.slice(1, -1));
    }
  });

  it('asks all kinds of questions, and has no answer that fits most of them', () => {
    const kinds = new Set(
      examples.map(({ prompt }) => prompt.split('\n')[1]!.split(' ').slice(1, 3).join(' ')),
    );
    expect([...kinds].sort()).toEqual([
      'what colour',
      'what did',
      'what was',
      'where did',
      'who had',
      'whom did',
    ]);
    const counts = new Map<string, number>();
    for (const { completion } of examples) counts.set(completion, (counts.get(completion) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBeLessThan(0.1 * examples.length);
  });

  it('is made of the characters of the stories, whose tokenizer can read it', () => {
    const known = new Set(storyCorpus());
    const all = examples.map(({ prompt, completion }) => prompt + completion).join('');
    expect([...new Set(all)].filter((char) => !known.has(char))).toEqual([]);
  });

  it('tells the colour that the story tells', () => {
    const colours = examples.filter(({ prompt }) => prompt.includes('\nSo what colour'));
    expect(colours.length).toBeGreaterThan(30);
    for (const { prompt, completion } of colours) {
      const [, thing] = /the (\w+)\?$/.exec(prompt)!;
      expect(slots.colour).toContain(completion.slice(1, -1));
      expect(prompt).toContain(`${completion.slice(1, -1)} ${thing}`);
    }
  });

  it('is the same for the same seed, another for another, and longer with more', () => {
    expect(questionAnswerExamples(7, 10)).toEqual(examples.slice(0, 10));
    expect(questionAnswerExamples(8, 10)).not.toEqual(examples.slice(0, 10));
    expect(examples[0]).toMatchInlineSnapshot(`
      {
        "completion": " meadow.",
        "kind": "completion",
        "prompt": "Once there was a quiet turtle named Hugo. He lived in a cave. Hugo loved his red hat. One day he went to the meadow. There he met Nina, a funny frog. Nina was sad because she had no hat. Hugo gave the hat to Nina. "Thank you, Hugo!" said Nina. Now the hat belonged to Nina. Nina shared some nuts with Hugo. They were both happy.
      So where did Hugo go?",
      }
    `);
  });

  it('rejects a count that is none', () => {
    expect(() => questionAnswerExamples(1, 0)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
