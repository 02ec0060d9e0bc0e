import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend as reference } from '@attune/backend-reference';
import type { Backend } from '@attune/core';
import { readJsonLines } from '@attune/data/node';
import { diskFolder } from '@attune/files/node';
import { exactMatch } from './answers.js';
import { runExample, table } from './run.js';
import { writeData } from './tasks.js';

let backend: Backend;
let folder: string;
beforeAll(async () => {
  backend = await reference.create();
  folder = await mkdtemp(join(tmpdir(), 'attune-example-'));
});
afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

test('questions are answered by what the story tells, and ask of stories that are told once', async () => {
  const data = join(folder, 'data');
  await writeData(diskFolder(data), { train: 40, test: 20 });
  const rowsOf = async (file: string) => {
    const rows: Record<string, string>[] = [];
    for await (const { value } of readJsonLines(join(data, file))) rows.push(value as Record<string, string>);
    return rows;
  };
  const prompts = new Set<string>();
  for (const { prompt, completion } of [
    ...(await rowsOf('questions/train.jsonl')),
    ...(await rowsOf('questions/test.jsonl')),
  ]) {
    expect(prompt).toContain(completion!.trim().replace('.', ''));
    expect(completion).toMatch(/^ \w+\.\n$/);
    prompts.add(prompt!);
  }
  expect(prompts.size).toBeGreaterThan(55);
  const labelled = await rowsOf('animals/train.jsonl');
  expect(labelled).toHaveLength(40);
  expect(labelled[0]).toEqual({ text: expect.any(String), label: expect.any(String) });
});

test('every method trains what it says, and lowers nobody’s score by standing still', async () => {
  const told: string[] = [];
  const outcomes = await runExample({
    backend,
    folder: join(folder, 'runs'),
    shape: { blockSize: 160, nLayer: 1, nHead: 1, nEmbd: 8 },
    // So many that each animal is among those to learn from.
    rows: { train: 80, test: 3 },
    pretraining: { batchSize: 1, maxIters: 2, learningRate: 1e-2 },
    finetuning: { batchSize: 2, maxIters: 2, learningRate: 1e-2 },
    adapting: { batchSize: 2, maxIters: 2, learningRate: 1e-2 },
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
  // Each is a run, with its record.
  for (const run of ['pretrained', 'full', 'freeze', 'lora', 'head']) {
    expect(await readdir(join(folder, 'runs', run))).toEqual(
      expect.arrayContaining(['config.yaml', 'final', 'metrics.jsonl', 'run.json']),
    );
  }
  expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
});

test('answers are compared as answers, not as bytes', () => {
  const answer = (said: string) => ({ prompt: '', expected: 'red.', answer: said });
  expect(exactMatch([answer('red.'), answer('Red'), answer('blue.'), answer('')])).toBe(0.5);
});
