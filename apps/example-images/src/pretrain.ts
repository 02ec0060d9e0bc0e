import type { Backend, HostTensors } from '@attune/core';
import { evaluationImages, imageDataset } from '@attune/data';
import { adamW, cnn, cosine, crossEntropy, type CnnModel } from '@attune/nn';
import { evaluateClassification, Trainer, type ClassificationMetrics } from '@attune/train';
import type { Task } from './tasks.js';

/** How long to train, and whom to tell. */
export interface Schedule {
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** Told of every step. */
  readonly onStep?: (step: number, steps: number, loss: number) => void;
}

/** A network that was trained, and how good it is. */
export interface Trained {
  readonly model: CnnModel;
  /** Parameters and running statistics, by name. */
  readonly weights: HostTensors;
  /** On images it has not seen, before and after training. */
  readonly before: ClassificationMetrics;
  readonly after: ClassificationMetrics;
}

/** Trains a convolutional network from nothing. */
export function pretrain(
  backend: Backend,
  task: Task,
  schedule: Schedule & { readonly channels?: readonly number[] },
): Promise<Trained> {
  const { numLabels, height } = task.train;
  const model = cnn({
    numLabels,
    imageSize: height,
    ...(schedule.channels && { channels: schedule.channels }),
  });
  return train(backend, model, task, schedule);
}

/**
 * Trains what is not frozen of a model. Everything here is what language models are trained with: the data, the loss, the
 * optimizer and the trainer.
 *
 * @param weights pretrained tensors; what is not among them starts over.
 */
export async function train(
  backend: Backend,
  model: CnnModel,
  task: Task,
  schedule: Schedule,
  weights?: HostTensors,
): Promise<Trained> {
  const { batchSize, epochs, learningRate, onStep } = schedule;
  const data = imageDataset(task.train, { batchSize });
  const steps = epochs * data.batchesPerEpoch;
  const trainer = new Trainer({
    backend,
    model,
    loss: crossEntropy({ target: 'label' }),
    optimizer: adamW({
      learningRate: cosine({
        peak: learningRate,
        min: 0,
        warmupIters: Math.ceil(steps / 20),
        decayIters: steps,
      }),
      weightDecay: 0.01,
    }),
    data,
    ...(weights && { weights: () => Promise.resolve(weights) }),
  });
  try {
    const state = await trainer.parameters();
    const evaluate = () =>
      evaluateClassification({
        backend,
        model,
        state,
        data: evaluationImages(task.test, { batchSize: 100 }),
      });
    const before = await evaluate();
    for await (const { step, loss } of trainer.fit({ maxIters: steps })) onStep?.(step, steps, loss);
    return { model, weights: (await trainer.checkpoint()).parameters, before, after: await evaluate() };
  } finally {
    await trainer.dispose();
  }
}
