import { fieldGroup, trainingFields } from '@attune/runs';

/** Flags that several commands have, beside those of training. */
export const { backend: backendField, engine: engineField, isa: isaField } = trainingFields;

/** The flags that choose what computes. */
export const backendFields = { backend: backendField, engine: engineField, isa: isaField };

/** For what a program reads. */
export const jsonField = fieldGroup('Output').switch({
  description: 'write results as JSON to stdout, and nothing else',
});

/** For whoever wants to know before anything changes. */
export const dryRunField = fieldGroup('Output').switch({
  description: 'show what would be written, and write nothing',
});

/** The adapter that is added to the model. */
export const adapterField = fieldGroup('Model').optionalText('dir', {
  description: 'LoRA adapter to apply, written by attune or peft',
});

/** How a model that is not trained is held in memory. */
export const weightsField = fieldGroup('Model').choice(['f32', 'bf16', 'f16', 'int8'], {
  description: 'how matrices are held in memory; they are computed with in f32',
  default: 'f32',
});

/** The folder or hub id that the model is read from. */
export const modelField = fieldGroup('Model').requiredText('dir', {
  description: 'run, Hugging Face folder, or hub model (organisation/model)',
});
