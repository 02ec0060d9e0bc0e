import {
  AttuneError,
  exchangeNumbers,
  GraphBuilder,
  type Backend,
  type Batch,
  type Communicator,
  type Dataset,
  type HostTensor,
  type Model,
  type Program,
  type State,
  type TensorSpecs,
} from '@attune/core';
import { specsOf } from '../programs/forward.js';
import { BatchPrograms, ProgramCache } from '../programs/program-cache.js';

/** The options of {@link evaluateClassification}. */
export interface ClassificationOptions {
  readonly backend: Backend;
  /** Gives `logits f32[B, numLabels]`. */
  readonly model: Model;
  /** Holds the model's parameters and buffers. */
  readonly state: State;
  /** Batches of what the model takes, with `label i32[B]`; rows of `lossMask` 0 do not count. */
  readonly data: Dataset;
  /** How many batches to take. All of them, if not given: the dataset must be finite then. */
  readonly batches?: number;
  /**
   * Processes that share the batches: each computes some of them, and all get the same result. They have to call this
   * together, with the same data and the same parameters. Default: one process.
   */
  readonly communicator?: Communicator;
}

/** How well a model tells classes apart. */
export interface ClassificationMetrics {
  /** Share of the examples whose most likely class is their label. */
  readonly accuracy: number;
  /** How many examples there were. */
  readonly count: number;
  /** How often an example of class `i` was taken for class `j`: `confusion[i][j]`. */
  readonly confusion: readonly (readonly number[])[];
}

/** The fields that a model does not see. */
const ANSWERS = ['label', 'lossMask'];

/** The logits of a batch in `eval()` mode. */
function logitsProgram(model: Model, batchSpec: TensorSpecs): Program {
  const g = new GraphBuilder('classify');
  const fields = Object.fromEntries(
    Object.entries(batchSpec).map(([name, spec]) => [name, g.feed(name, spec)]),
  );
  const { logits } = model.forward(g, fields, { mode: 'eval' });
  if (logits?.rank !== 2) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      'The model gives no logits f32[B, numLabels]: it is no classifier.',
    );
  }
  g.output('logits', logits);
  return g.build();
}

/** Where a row is largest: the first place, if there are several. */
function argmax({ data, shape }: HostTensor, row: number): number {
  const width = shape[1]!;
  let best = 0;
  for (let i = 1; i < width; i++) if (data[row * width + i]! > data[row * width + best]!) best = i;
  return best;
}

/**
 * Accuracy and confusion matrix over a dataset, each example once.
 *
 * @throws AttuneError INVALID_ARGUMENT if the model is no classifier, or a label is none of its classes; NO_TARGETS if there
 * is no example.
 */
export async function evaluateClassification({
  backend,
  model,
  state,
  data,
  batches = Infinity,
  communicator,
}: ClassificationOptions): Promise<ClassificationMetrics> {
  const programs = new ProgramCache(backend, state);
  const perShape = new BatchPrograms(programs, (spec) => logitsProgram(model, spec));
  const own: number[][] = [];
  let taken = 0;
  try {
    for await (const batch of data) {
      // Batches are dealt out in turn; those of other ranks are taken and dropped.
      if (!communicator || taken % communicator.size === communicator.rank) {
        const feeds = Object.fromEntries(Object.entries(batch).filter(([name]) => !ANSWERS.includes(name)));
        const { logits } = await (await perShape.of(specsOf(feeds))).run(feeds);
        count(own, batch, logits!);
      }
      if (++taken >= batches) break;
    }
  } finally {
    await programs.dispose();
  }
  const confusion = communicator ? await sumOverRanks(communicator, own) : own;
  const total = confusion.flat().reduce((sum, n) => sum + n, 0);
  if (total === 0) {
    throw new AttuneError(
      'NO_TARGETS',
      `None of the batches evaluated (${taken}) has an example that counts.`,
    );
  }
  const right = confusion.reduce((sum, row, label) => sum + row[label]!, 0);
  return { accuracy: right / total, count: total, confusion };
}

/** The sum of all ranks' matrices. Those of ranks that had no batch are empty. */
async function sumOverRanks(communicator: Communicator, own: readonly number[][]): Promise<number[][]> {
  const sizes = await exchangeNumbers(communicator, [own.length]);
  const classes = Math.max(...sizes.flat());
  const sums = new Float64Array(classes * classes);
  own.forEach((row, label) => sums.set(row, label * classes));
  await communicator.allReduceSum([sums]);
  return Array.from({ length: classes }, (_, label) => [
    ...sums.subarray(label * classes, (label + 1) * classes),
  ]);
}

/** Adds a batch to the confusion matrix. */
function count(confusion: number[][], { label, lossMask }: Batch, logits: HostTensor): void {
  const [rows, classes] = logits.shape as [number, number];
  if (label?.data.length !== rows) {
    throw new AttuneError('INVALID_ARGUMENT', `A classification needs label i32[${rows}] in its batches.`);
  }
  while (confusion.length < classes) confusion.push(new Array<number>(classes).fill(0));
  for (let row = 0; row < rows; row++) {
    if (lossMask?.data[row] === 0) continue;
    const expected = label.data[row]!;
    if (!(expected >= 0 && expected < classes)) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `The label ${expected} is none of the model's ${classes} classes.`,
      );
    }
    confusion[expected]![argmax(logits, row)]! += 1;
  }
}
