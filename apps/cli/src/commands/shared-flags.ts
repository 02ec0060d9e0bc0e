import { fieldGroup } from '../config/field.js';
import { trainingFields } from '../config/training-fields.js';

/** Flags that several commands have, beside those of training. */
export const { backend: backendField } = trainingFields;

/** For what a program reads. */
export const jsonField = fieldGroup('Output').switch('write results to stdout as JSON, and nothing else');

/** What is added to it. */
export const adapterField = fieldGroup('Model').optionalText('dir', {
  description: 'a LoRA adapter to add, as attune or peft wrote it',
});

/** What the model is read from. */
export const modelField = fieldGroup('Model').requiredText('dir', {
  description: 'a run, a Hugging Face folder, or a model of the hub as organisation/model',
});
