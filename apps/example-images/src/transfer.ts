import type { Backend, HostTensors } from '@attune/core';
import { freezeParameters, type CnnModel } from '@attune/nn';
import { train, type Schedule, type Trained } from './pretrain.js';
import type { Task } from './tasks.js';

/**
 * Adapts a pretrained network to another task: its convolutions stay as they are, batch normalisation with its running
 * statistics among them, and a new fully connected layer learns to tell the new classes apart by what they see.
 */
export function transfer(
  backend: Backend,
  pretrained: { readonly model: CnnModel; readonly weights: HostTensors },
  task: Task,
  schedule: Schedule,
): Promise<Trained> {
  const { model, weights } = pretrained;
  model.replace('classifier', model.newClassifier(task.train.numLabels));
  freezeParameters(model.parameters, { freeze: ['features.*'] });
  const body = Object.entries(weights).filter(([name]) => name.startsWith('features.'));
  return train(backend, model, task, schedule, Object.fromEntries(body));
}
