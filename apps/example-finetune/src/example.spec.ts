import { backend as reference } from '@attune/backend-reference';
import type { Backend } from '@attune/core';
import { exactMatch } from './answers.js';
import { runExample, table } from './run.js';
import { animals, questions, storyText } from './tasks.js';

let backend: Backend;
beforeAll(async () => {
  backend = await reference.create();
});
afterAll(() => backend.dispose());

test('questions are answered by what the story tells, and ask of stories that are told once', async () => {
  const { tokenizer } = await storyText();
  const { train, test: others } = await questions(tokenizer, { train: 40, test: 20 });
  const textOf = (rows: typeof train, index: number) => {
    const { ids, weights } = rows.row(index);
    const start = weights.findIndex((weight) => weight > 0);
    return [tokenizer.decode(ids.subarray(0, start)), tokenizer.decode(ids.subarray(start))] as const;
  };
  const prompts = new Set<string>();
  for (const rows of [train, others]) {
    for (let i = 0; i < rows.count; i++) {
      const [prompt, answer] = textOf(rows, i);
      expect(prompt).toContain(answer.trim().replace('.', ''));
      expect(answer).toMatch(/^ \w+\.\n$/);
      prompts.add(prompt);
    }
  }
  expect(prompts.size).toBeGreaterThan(55);
  const labelled = await animals(tokenizer, { train: 10, test: 5 });
  expect(labelled.train.row(0).label).toEqual(expect.any(String));
});

test('every method trains what it says, and lowers nobody’s score by standing still', async () => {
  const told: string[] = [];
  const outcomes = await runExample({
    backend,
    shape: { blockSize: 160, nLayer: 1, nHead: 1, nEmbd: 8, bias: false },
    // So many that each animal is among those to learn from.
    rows: { train: 80, test: 3 },
    pretraining: { batchSize: 1, steps: 2, learningRate: 1e-2 },
    finetuning: { batchSize: 2, steps: 2, learningRate: 1e-2 },
    adapting: { batchSize: 2, steps: 2, learningRate: 1e-2 },
    print: (line) => told.push(line),
  });
  expect(outcomes.map(({ method }) => method)).toEqual(['full', 'freeze', 'lora', 'head']);
  const [full, freeze, lora, head] = outcomes.map(({ trained }) => trained) as [
    number,
    number,
    number,
    number,
  ];
  expect(freeze).toBeLessThan(full);
  expect(head).toBeLessThan(full);
  // One layer of width 8: four linear layers with adapters of rank 16 are more than the layer itself.
  expect(lora).toBe(16 * (8 + 24 + (8 + 8) + (8 + 32) + (32 + 8)));
  for (const { before, after } of outcomes) {
    for (const share of [before, after]) expect(share >= 0 && share <= 1).toBe(true);
  }
  expect(told.join('\n')).toContain(table(outcomes));
  expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
});

test('answers are compared as answers, not as bytes', () => {
  const answer = (said: string) => ({ prompt: '', expected: 'red.', answer: said });
  expect(exactMatch([answer('red.'), answer('Red'), answer('blue.'), answer('')])).toBe(0.5);
});
