import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch } from '@attune/core';
import { charTokenizer } from '@attune/data';
import { openExamples } from '@attune/data/node';
import type { ModelText } from '../../models/text/model-text.js';
import { rowTaskOf } from './finetune.js';
import { readExamples } from './row-data.js';
import type { RowDataConfig } from './row-task.js';

/** Ids are places in the alphabet; `.` ends answers. */
const text: ModelText = {
  tokenizer: charTokenizer('.abcdefghijklmnopqrstuvwxyz'),
  specialTokens: { eos: 0, eosIds: [0], padId: 0, addBos: false, texts: new Map(), names: {} },
  endIds: async () => [0],
  close: async () => undefined,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-fine-tuning-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function open(rows: readonly object[], more: Partial<RowDataConfig> = {}) {
  const data = join(folder, 'rows.jsonl');
  await writeFile(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const config: RowDataConfig = {
    ...{
      data,
      format: 'auto',
      columns: [],
      trainOn: 'assistant',
      maxLength: undefined,
      onOverlength: 'error',
    },
    ...{ validationFraction: 0, seed: 1, batchSize: 2, sampling: 'sequential', packing: false },
    ...more,
  };
  const examples = await readExamples({ openRows: openExamples }, config, text, 16);
  return rowTaskOf('auto', examples).open(examples, config, text.specialTokens.padId);
}

async function first(batches: AsyncIterable<Batch>): Promise<Record<string, readonly number[]>> {
  for await (const batch of batches) {
    return Object.fromEntries(Object.entries(batch).map(([name, { data }]) => [name, [...data]]));
  }
  return {};
}

const completions = [
  { prompt: 'ab', completion: 'c' },
  { prompt: 'd', completion: 'ef' },
  { prompt: 'g', completion: 'h' },
];

test('rows in file order, padded to the longest of the batch', async () => {
  const { train, validation, report } = await open(completions);
  expect(await first(train)).toEqual({
    x: [1, 2, 3, 4, 5, 6],
    y: [2, 3, 0, 5, 6, 0],
    lossMask: [0, 1, 1, 1, 1, 1],
  });
  expect(train.batchesPerEpoch).toBe(2);
  expect(validation).toBeUndefined();
  expect(report).toMatchObject({ format: 'completion', maxLength: 16, parts: { train: { rows: 3 } } });
});

test('rows packed, and some kept for validation', async () => {
  const { train, validation } = await open(completions, {
    packing: true,
    maxLength: 8,
    validationFraction: 0.34,
  });
  expect(train.spec['documents']).toEqual({ shape: [2, 7], dtype: 'i32' });
  const { documents } = await first(train);
  expect(new Set(documents!.slice(0, 7)).size).toBeGreaterThan(1);
  expect(validation!.batchesPerEpoch).toBe(1);
});

test('labels of which there is only one teach nothing', async () => {
  const rows = ['ab', 'c'].map((text) => ({ text, label: 'good' }));
  await expect(open(rows)).rejects.toMatchObject({
    code: 'INVALID_EXAMPLE',
    message: expect.stringContaining('have the label "good": there is nothing to tell apart'),
  });
});

test('labels for a head', async () => {
  const rows = [
    { text: 'ab', label: 'good' },
    { text: 'c', label: 'bad' },
  ];
  const { train, labels } = await open(rows);
  expect(labels).toEqual({ kind: 'classes', names: ['bad', 'good'] });
  expect(await first(train)).toEqual({ x: [1, 2, 3, 0], lastToken: [1, 0], label: [1, 0], lossMask: [1, 1] });
});

test('Alpaca without a chat template is a prompt with headings', async () => {
  await expect(open([{ instruction: 'a', output: 'b' }])).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    // The alphabet has no "#".
    message: expect.stringMatching(/rows\.jsonl, line 1: .*"#"/),
  });
});

test('rows may not be longer than the model reads', async () => {
  await expect(open(completions, { maxLength: 17 })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
});
