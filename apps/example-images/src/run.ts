import type { Backend } from '@attune/core';
import { parameterCount } from '@attune/nn';
import { pretrain, type Schedule } from './pretrain.js';
import { confusionTable, percent } from './report.js';
import type { Task } from './tasks.js';
import { transfer } from './transfer.js';

/** The options of {@link runExample}. */
export interface ExampleOptions {
  readonly backend: Backend;
  /** The task to pretrain on. */
  readonly first: Task;
  /** The task to adapt to. */
  readonly second: Task;
  readonly pretraining: Schedule & { readonly channels?: readonly number[] };
  readonly adaptation: Schedule;
  readonly print: (line: string) => void;
}

/** Pretrains on one task, adapts to another, and tells how well both went: accuracies on images not seen in training. */
export async function runExample(
  options: ExampleOptions,
): Promise<{ readonly digits: number; readonly letters: number }> {
  const { backend, first, second, print } = options;
  const told = (schedule: Schedule): Schedule => ({
    ...schedule,
    onStep: (step, steps, loss) => {
      if (step % 25 === 0 || step === steps) print(`  step ${step} of ${steps}, loss ${loss.toFixed(3)}`);
    },
  });
  const { numLabels, count, name } = first.train;
  print(`Pretraining on ${count} images of ${numLabels} classes (${name}).`);
  const pretrained = await pretrain(backend, first, { ...options.pretraining, ...told(options.pretraining) });
  print(
    `  accuracy on ${pretrained.after.count} others: ${percent(pretrained.before.accuracy)} before, ` +
      `${percent(pretrained.after.accuracy)} after`,
  );

  print(
    `\nAdapting to ${second.train.count} images of ${second.train.numLabels} classes (${second.train.name}).`,
  );
  const adapted = await transfer(backend, pretrained, second, told(options.adaptation));
  const { total, trainable } = parameterCount(adapted.model);
  print(`  the convolutions stayed as they were: ${trainable} of ${total} parameters were trained`);
  print(
    `  accuracy on ${adapted.after.count} others: ${percent(adapted.before.accuracy)} before, ` +
      `${percent(adapted.after.accuracy)} after`,
  );
  print(`\nWhat each class (row) was taken for (column):\n${confusionTable(adapted.after, second.test)}`);
  return { digits: pretrained.after.accuracy, letters: adapted.after.accuracy };
}
