/**
 * A run: a task and an adaptation, recorded in a folder; begun, resumed and verified.
 *
 * @packageDocumentation
 */
export { checkConfig, checkRunConfig } from './settings/checks.js';
export {
  fieldGroup,
  isDerived,
  settingGroup,
  withDefaults,
  type About,
  type Derived,
  type Described,
  type Field,
  type FieldKind,
  type Fields,
  type NumberRange,
  type Resumable,
  type ResumeRule,
  type Setting,
  type Settings,
  type ValuesOf,
} from './settings/field.js';
export {
  fineTuningDataFields,
  parseColumns,
  type FineTuningDataSettings,
} from './settings/fine-tuning-data-fields.js';
export {
  finetuneConfig,
  finetuneFields,
  recordedFinetuneConfig,
  resolveLengths,
  trainsHead,
  type FinetuneConfig,
  type ResolvedFinetuneConfig,
} from './settings/finetune-fields.js';
export { presets, presetValues } from './settings/presets.js';
export {
  changedSettings,
  describeChange,
  makesAnotherRun,
  startFrom,
  type ChangedSetting,
  type TrainingCommand,
} from './settings/resuming.js';
export { flagOf, keyOf, normalizeFlag } from './settings/spelling.js';
export { trainingFields, type RunConfig, type TrainingConfig } from './settings/training-fields.js';
export { validate, type Source } from './settings/validate.js';
