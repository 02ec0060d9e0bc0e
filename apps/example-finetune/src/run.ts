import { join } from 'node:path';
import type { Backend } from '@attune/core';
import { diskFolder } from '@attune/files/node';
import {
  audience,
  finetune,
  pretrain,
  start,
  type FinetuneConfig,
  type RunHost,
  type TrainingConfig,
} from '@attune/runs';
import { diskHost } from '@attune/runs/node';
import { accuracyOf, answerAll, exactMatch, type Answer } from './answers.js';
import { writeData, type RowCounts } from './tasks.js';

/** How long to train, and how fast. */
export interface Schedule {
  readonly batchSize: number;
  readonly maxIters: number;
  readonly learningRate: number;
}

/** How large the example is. */
export interface ExampleOptions {
  readonly backend: Backend;
  /** Where data and runs are written. */
  readonly folder: string;
  readonly shape: Pick<TrainingConfig, 'blockSize' | 'nLayer' | 'nHead' | 'nEmbd'>;
  readonly rows: RowCounts;
  readonly pretraining: Schedule;
  /** For all weights, and for some. */
  readonly finetuning: Schedule;
  /** For few weights, which take a higher learning rate. */
  readonly adapting: Schedule;
  readonly print: (line: string) => void;
}

/** The result of a method. */
export interface Outcome {
  readonly method: string;
  /** Numbers that training could change. */
  readonly trained: number;
  /** Share of right answers on rows it has not seen, before and after. */
  readonly before: number;
  readonly after: number;
}

/** The settings of every run here: nothing but steps, and the model at the end. */
const PLAIN = { beta2: 0.99, weightDecay: 0, evalInterval: 0, checkpointInterval: 0 } as const;

/** Pretrains on stories, then teaches the same model to answer questions about others, by every method. */
export async function runExample(options: ExampleOptions): Promise<readonly Outcome[]> {
  const { backend, folder, shape, rows, pretraining, finetuning, adapting, print } = options;
  const host = diskHost({ withBackend: (_, work) => work(backend) });
  const at = (name: string) => join(folder, name);
  await writeData(diskFolder(folder), rows);

  const config = pretrain.config({
    ...{ ...PLAIN, ...shape, ...pretraining, data: at('stories'), sampleTokens: 0 },
    warmupIters: Math.floor(pretraining.maxIters / 20),
  });
  await start(pretrain, { config, out: at('pretrained'), overwrite: false }, host, told(print, pretraining));

  // All methods begin with the same model: it is asked once.
  let asked: Promise<Answer[]> | undefined;
  const before = (config: FinetuneConfig) =>
    (asked ??= answerAll({ model: config.model, config, backend, host }));
  const by = (method: string, data: string, schedule: Schedule, settings: Partial<FinetuneConfig>) => {
    const where = { model: at('pretrained'), data: at(data) };
    const given = { ...PLAIN, ...schedule, ...settings, ...where, samples: 0 };
    return teach(method, finetune.config(given), { host, before, schedule, ...options });
  };
  const outcomes = [
    await by('full', 'questions', finetuning, { method: 'full' }),
    await by('freeze', 'questions', finetuning, { method: 'freeze', freezeLayers: 1 }),
    await by('lora', 'questions', adapting, {
      ...{ method: 'lora', targetModules: ['all-linear'], loraRank: 16 },
    }),
    await by('head', 'animals', finetuning, { task: 'classify', method: 'freeze', freezeLayers: 1 }),
  ];
  print(`\n${table(outcomes)}`);
  return outcomes;
}

/** Prints what a run says of itself, and its loss from time to time. */
function told(print: ExampleOptions['print'], { maxIters }: Schedule, note = (_: number) => {}) {
  return audience({
    begins({ description, parameters }) {
      note(parameters.trainable);
      for (const line of description) print(line);
    },
    step({ record: { step, loss } }) {
      if (step === 1 || step % 100 === 0 || step === maxIters)
        print(`  step ${step}, loss ${loss.toFixed(3)}`);
    },
  });
}

interface Teaching extends ExampleOptions {
  readonly host: RunHost;
  readonly schedule: Schedule;
  /** The answers of the pretrained model. */
  before(config: FinetuneConfig): Promise<Answer[]>;
}

/** Fine-tunes by a method, and asks the model about rows that it has not seen, before and after. */
async function teach(
  method: string,
  config: FinetuneConfig,
  { backend, folder, print, host, schedule, ...teaching }: Teaching,
): Promise<Outcome> {
  const out = join(folder, method);
  let trained = 0;
  print(`\n${method}`);
  const listener = told(print, schedule, (count) => (trained = count));
  await start(finetune, { config, out, overwrite: false }, host, listener);
  const asked = (model: string) => ({ model, config, backend, host });
  if (config.task === 'classify') {
    const [before, after] = [await accuracyOf(asked(config.model)), await accuracyOf(asked(out))];
    return { method, trained, before, after };
  }
  const [before, after] = [await teaching.before(config), await answerAll(asked(out))];
  print(`  ${after[0]!.prompt.replaceAll('\n', '\n  ')}`);
  print(`  before: ${before[0]!.answer}\n  after:  ${after[0]!.answer}`);
  return { method, trained, before: exactMatch(before), after: exactMatch(after) };
}

/** The table of the methods' results. */
export function table(outcomes: readonly Outcome[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`.padStart(8);
  return [
    'method   trained   right before    after',
    ...outcomes.map(
      ({ method, trained, before, after }) =>
        `${method.padEnd(7)}${String(trained).padStart(9)}       ${percent(before)} ${percent(after)}`,
    ),
  ].join('\n');
}
