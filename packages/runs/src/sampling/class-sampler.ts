import { plural, type Backend, type Dataset, type Model } from '@attune/core';
import type { LabelSet } from '@attune/data';
import { evaluateClassification, type Trainer } from '@attune/train';
import type { Sampler } from './sampler.js';

/** Says how many of the validation data's rows get the right class. */
export function classSampler({
  backend,
  model,
  trainer,
  data,
  labels,
}: {
  readonly backend: Backend;
  readonly model: Model;
  readonly trainer: Trainer;
  readonly data: Dataset;
  readonly labels: LabelSet;
}): Sampler | undefined {
  if (labels.kind !== 'classes') return undefined;
  return {
    title: 'On the validation data',
    async draw() {
      const state = await trainer.parameters();
      const { accuracy, count } = await evaluateClassification({ backend, model, state, data });
      return `accuracy ${(100 * accuracy).toFixed(1)} % of ${plural(count, 'row')}, ${plural(labels.names.length, 'class', 'classes')}`;
    },
    dispose: async () => undefined,
  };
}
