import type { Backend, HostTensors } from '@attune/core';
import { classificationDataset, exampleDataset, tokenDataset, type Tokenizer } from '@attune/data';
import {
  applyLora,
  crossEntropy,
  freezeParameters,
  gpt2,
  lowerLayers,
  parameterCount,
  sequenceClassifier,
  type Gpt2Model,
  type Gpt2Options,
} from '@attune/nn';
import { allocateParameters, evaluateClassification } from '@attune/train';
import { answerAll, exactMatch, type Answer } from './answers.js';
import { animals, questions, storyText, type RowCounts, type Rows } from './tasks.js';
import { train, type Schedule } from './train.js';

/** How large the example is. */
export interface ExampleOptions {
  readonly backend: Backend;
  readonly shape: Omit<Gpt2Options, 'vocabSize'> & { readonly blockSize: number };
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

/** The pretrained model that all methods begin with. */
interface Pretrained {
  readonly options: ExampleOptions;
  readonly tokenizer: Tokenizer;
  readonly weights: HostTensors;
  model(): Gpt2Model;
}

/** Pretrains on stories, then teaches the same model to answer questions about others, by every method. */
export async function runExample(options: ExampleOptions): Promise<readonly Outcome[]> {
  const { print } = options;
  const pretrained = await pretrain(options);
  const rows = await questions(pretrained.tokenizer, options.rows);
  const { count, longest } = rows.train;
  print(
    `\nFine-tuning on ${count} questions of up to ${longest} characters; ${rows.test.count} others are asked.`,
  );
  const before = await answersBefore(pretrained, rows);
  const outcomes = [
    await answerBy('full', pretrained, rows, before, options.finetuning, () => undefined),
    await answerBy('freeze', pretrained, rows, before, options.finetuning, (model) =>
      freezeParameters(model.parameters, { freeze: lowerLayers(model, 1) }),
    ),
    await answerBy('lora', pretrained, rows, before, options.adapting, (model) =>
      applyLora(model, { targetModules: 'all-linear', rank: 16, alpha: 32 }),
    ),
    await classify(pretrained),
  ];
  print(`\n${table(outcomes)}`);
  return outcomes;
}

const toldOf = (print: ExampleOptions['print']) => (step: number, loss: number) =>
  print(`  step ${step}, loss ${loss.toFixed(3)}`);

async function pretrain(options: ExampleOptions): Promise<Pretrained> {
  const { backend, shape, pretraining, print } = options;
  const { tokenizer, tokens } = await storyText();
  const { vocabSize } = tokenizer;
  const model = () => gpt2({ ...shape, vocabSize });
  print(`Pretraining on ${tokens.length} characters of stories.`);
  const { batchSize } = pretraining;
  const data = tokenDataset(tokens, { batchSize, blockSize: shape.blockSize, vocabSize });
  const weights = await train(
    { backend, model: model(), loss: crossEntropy(), data, schedule: pretraining, onLoss: toldOf(print) },
    async (trainer) => (await trainer.checkpoint()).parameters,
  );
  return { options, tokenizer, weights, model };
}

async function answersBefore(
  { options, tokenizer, weights, model }: Pretrained,
  rows: Rows,
): Promise<Answer[]> {
  const { backend } = options;
  const asked = model();
  const state = await allocateParameters(backend, asked, { tensors: weights });
  try {
    return await answerAll({ backend, model: asked, state, tokenizer }, rows.test);
  } finally {
    state.dispose();
  }
}

/** Fine-tunes on questions. `adapt` says which weights that may change. */
async function answerBy(
  method: string,
  { options, tokenizer, weights, model: make }: Pretrained,
  rows: Rows,
  before: readonly Answer[],
  schedule: Schedule,
  adapt: (model: Gpt2Model) => unknown,
): Promise<Outcome> {
  const { backend, print } = options;
  const model = make();
  adapt(model);
  const { trainable: trained } = parameterCount(model);
  print(`\n${method}: ${trained} numbers are trained`);
  const data = exampleDataset(rows.train, { batchSize: schedule.batchSize });
  const answers = await train(
    { backend, model, loss: crossEntropy(), data, schedule, weights, onLoss: toldOf(print) },
    async (trainer) => answerAll({ backend, model, state: await trainer.parameters(), tokenizer }, rows.test),
  );
  const [first] = answers;
  print(
    `  ${first!.prompt.replaceAll('\n', '\n  ')}\n  before: ${before[0]!.answer}\n  after:  ${first!.answer}`,
  );
  return { method, trained, before: exactMatch(before), after: exactMatch(answers) };
}

/** A new head, on a body whose lower end stays as it is, tells the stories apart. */
async function classify({ options, tokenizer, weights, model: make }: Pretrained): Promise<Outcome> {
  const { backend, finetuning: schedule, print } = options;
  const rows = await animals(tokenizer, options.rows);
  const data = classificationDataset(rows.train, { batchSize: schedule.batchSize });
  const { labels } = data;
  if (labels.kind !== 'classes') throw new TypeError('Animals are classes.');
  const model = sequenceClassifier(make(), { numLabels: labels.names.length, labels: labels.names });
  freezeParameters(model.parameters, { freeze: lowerLayers(model, 1) });
  const { trainable: trained } = parameterCount(model);
  print(`\nhead: ${trained} numbers are trained, to tell ${labels.names.join(', ')} apart`);
  const test = { batchSize: 20, labels, sampling: 'sequential', epochs: 1 } as const;
  const accuracy = async (state: Parameters<typeof evaluateClassification>[0]['state']) =>
    (await evaluateClassification({ backend, model, state, data: classificationDataset(rows.test, test) }))
      .accuracy;
  const own = new Set(model.parameters.map(({ name }) => name));
  const tensors = Object.fromEntries(Object.entries(weights).filter(([name]) => own.has(name)));
  const untrained = await allocateParameters(backend, model, { tensors, seed: 1 });
  const before = await accuracy(untrained);
  untrained.dispose();
  const after = await train(
    {
      ...{ backend, model, data, schedule, weights: tensors, onLoss: toldOf(print) },
      loss: crossEntropy({ target: 'label' }),
    },
    async (trainer) => accuracy(await trainer.parameters()),
  );
  return { method: 'head', trained, before, after };
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
