import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attune } from './attune.js';

/** Small models that are trained for long enough that one token is clearly the most likely. */
const SHAPE = [
  ...['--n-layer', '2', '--n-head', '4', '--n-embd', '64', '--block-size', '128', '--batch-size', '8'],
  ...[
    '--max-iters',
    '100',
    '--learning-rate',
    '4e-3',
    '--warmup-iters',
    '10',
    '--eval-interval',
    '0',
    '--threads',
    '1',
  ],
];

/** The families, with what is particular to each: between them, every part of a file that there is. */
const FAMILIES = {
  gpt2: { train: ['--activation', 'gelu_new', '--bias'], adapt: [] },
  llama: { train: ['--n-kv-head', '2', '--head-dim', '32'], adapt: ['--use-rslora'] },
};

/** Texts that no story of the corpus is like. */
const ROWS = Array.from({ length: 16 }, (_, i) => ({
  text: `Once there was a robot. It had ${i} wheels. One night it drove to the moon. "I have no kite," it said.`,
}));

/**
 * A model trained on the embedded corpus, a LoRA adapter for it, and the two merged.
 *
 * @returns their folders, for each family.
 */
export async function makeModels(folder) {
  const rows = join(folder, 'rows.jsonl');
  await writeFile(rows, ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const make = async ([family, { train, adapt }]) => {
    const at = (name) => join(folder, `${family}-${name}`);
    await attune('pretrain', '--family', family, ...SHAPE, ...train, '--out', at('base'));
    await attune(
      ...[
        'finetune',
        '--model',
        at('base'),
        '--data',
        rows,
        '--out',
        at('adapter'),
        '--learning-rate',
        '1e-2',
      ],
      ...['--target-modules', 'all-linear', '--lora-rank', '4', '--max-iters', '12', ...adapt],
    );
    await attune('merge', '--model', at('adapter'), '--out', at('merged'));
    return {
      family,
      base: join(at('base'), 'final'),
      adapter: join(at('adapter'), 'final'),
      merged: at('merged'),
    };
  };
  return Promise.all(Object.entries(FAMILIES).map(make));
}
