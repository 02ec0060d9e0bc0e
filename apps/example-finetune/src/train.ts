import type { Backend, Dataset, HostTensors, Loss } from '@attune/core';
import { adamW, cosine } from '@attune/nn';
import { Trainer, type TrainerOptions } from '@attune/train';

/** How long to train, and how fast. */
export interface Schedule {
  readonly batchSize: number;
  readonly steps: number;
  readonly learningRate: number;
}

/** The model that is trained, its loss and its data. */
export interface Training {
  readonly backend: Backend;
  readonly model: TrainerOptions['model'];
  readonly loss: Loss;
  readonly data: Dataset;
  readonly schedule: Schedule;
  /** Pretrained weights; without them the model begins as it is initialised. */
  readonly weights?: HostTensors;
  /** Told of the loss from time to time. */
  readonly onLoss?: (step: number, loss: number) => void;
}

/** Trains a model, and hands its weights to `use` while they are still on the device. */
export async function train<T>(
  { backend, model, loss, data, schedule, weights, onLoss }: Training,
  use: (trainer: Trainer) => Promise<T>,
): Promise<T> {
  const { steps, learningRate: peak } = schedule;
  const learningRate = cosine({
    peak,
    min: peak / 10,
    warmupIters: Math.floor(steps / 20),
    decayIters: steps,
  });
  const trainer = new Trainer({
    ...{ backend, model: model.train(), loss, data },
    optimizer: adamW({ learningRate, beta2: 0.99, weightDecay: 0 }),
    ...(weights && { weights: async () => weights }),
  });
  try {
    for await (const metrics of trainer.fit({ maxIters: steps })) {
      const { step } = metrics;
      if (step === 1 || step % 100 === 0 || step === steps) onLoss?.(step, metrics.loss);
    }
    return await use(trainer);
  } finally {
    await trainer.dispose();
  }
}
