/**
 * A run: a task and an adaptation, recorded in a folder; begun, resumed and verified.
 *
 * @packageDocumentation
 */
export { modelCard, type AdapterFacts, type CardFacts } from './card/model-card.js';
export { readCardFacts, type CardRequest } from './card/read-card-facts.js';
export type { RunFacts, RunFactsHost } from './card/run-facts.js';
export type { ModelKind, UsageFacts } from './card/usage.js';
export type { Adaptation, AdaptedModel, SavedParts, SharedConfig } from './adaptations/adaptation.js';
export {
  adaptationOf,
  adaptations,
  type AdaptationConfig,
  type AdaptationName,
} from './adaptations/adaptations.js';
export { freezeFields, trainsHead } from './adaptations/freeze.js';
export { loraFields } from './adaptations/lora.js';
export { targetModules } from './adaptations/lora-targets.js';
export { inTurn } from './distributed/in-turn.js';
export { OtherRankFailed } from './distributed/other-rank-failed.js';
export { Ranks, type RankFailure } from './distributed/ranks.js';
export { audience, watchedBy } from './loop/audience.js';
export type {
  ObservedEvaluation,
  ObservedSample,
  ObservedStep,
  RunAudience,
  RunBeginning,
  RunObserver,
  RunSummary,
  StopRequest,
} from './loop/observer.js';
export { parseProgress, type ProgressState, type RunEnd } from './loop/progress.js';
export { LABELS_JSON, type CompanionFiles } from './models/folder/companion-files.js';
export { findModel } from './models/folder/find-model.js';
export type { ModelSaver, NamedFiles } from './models/folder/model-saver.js';
export { readSteadily } from './models/folder/steady-read.js';
export { tokenizerFolder } from './models/folder/tokenizer-folder.js';
export { isAbsolutePath, publicName } from './models/model/base-name.js';
export { fitToLabels, fitToText, bodyOf, positionsOf, vocabSizeOf } from './models/model/classifier-head.js';
export type { LocatedModel, ModelHost, NamedBase, RunHost } from './models/model/host.js';
export { languageModelOf } from './models/model/language-model.js';
export type { OpenAnyModel, OpenModel } from './models/model/opened-model.js';
export { isAdapter, readBaseName } from './models/open/adapter-folder.js';
export { openAdapter, type OpenAdapter } from './models/open/open-adapter.js';
export {
  locateModel,
  openAnyModel,
  openModel,
  openWithText,
  type ModelRequest,
  type OpenTextModel,
  type OpenableModel,
} from './models/open/open-model.js';
export { openModelReader, type ModelReader } from './models/open/open-reader.js';
export { readCompanions } from './models/open/read-companions.js';
export { exportedTokenizer } from './models/text/exported-tokenizer.js';
export type { ModelText, TextOutput } from './models/text/model-text.js';
export { openTextOf } from './models/text/open-text.js';
export { checkSameCharacters } from './models/text/same-characters.js';
export {
  checkStoredBackend,
  isOwnBackend,
  ownBackendOf,
  packageOfBackend,
  type BackendMention,
} from './record/backend-package.js';
export type { ChosenBackend } from './record/chosen-backend.js';
export type { StepDifferences } from './record/compare-steps.js';
export {
  findCheckpoint,
  type CheckpointSearch,
  type DamagedCheckpoint,
  type FoundCheckpoint,
} from './record/find-checkpoint.js';
export { ownPackage } from './record/own-package.js';
export { plainFormat } from './record/plain-format.js';
export {
  checkSameOrigin,
  hashesOfRun,
  parseRecord,
  sessionsOf,
  type DataHashes,
  type RunOrigin,
  type RunRecord,
  type RunSession,
} from './record/run-record.js';
export type { ConfigFormat } from './record/config-format.js';
export { readMetrics } from './record/metrics-log.js';
export {
  CONFIG_YAML,
  EVENT_FILE,
  HEADING,
  METRICS_JSONL,
  OWN_DATA,
  RUN_JSON,
  SAMPLES,
  TENSORBOARD,
} from './record/run-files.js';
export { createRun, readRun, reopenRun, type NewRunOptions } from './record/run-folder.js';
export { newestSample, sampleName, stepOfSample } from './record/samples.js';
export type {
  CheckpointEntry,
  CheckpointReader,
  NamedCheckpoint,
  RunReader,
  RunStore,
  StoredCheckpoint,
} from './record/run-store.js';
export { storedSettings } from './record/stored-settings.js';
export type { PlannedTraining } from './record/planned-training.js';
export { planResume, resume, type ResumeRequest } from './resume.js';
export { answerEnd, answerIds, promptOf } from './sampling/answer-sampler.js';
export { generateTexts, type RowOptions, type TextRequest } from './sampling/generate-rows.js';
export {
  growingText,
  type GeneratedText,
  type GrowingText,
  type GrowthOptions,
} from './sampling/growing-text.js';
export type { Sampler, TextSizes } from './sampling/sampler.js';
export { DEFAULT_TEMPERATURE, samplingOf, type SamplingSettings } from './sampling/sampling-settings.js';
export { emptyPrompt, generateText, type TextOptions } from './sampling/text-generation.js';
export { checkRunConfig } from './settings/checks.js';
export {
  fieldGroup,
  isDerived,
  narrowed,
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
export { fineTuningDataFields, parseColumns, type FineTuningDataSettings } from './tasks/rows/row-fields.js';
export {
  finetuneConfig,
  finetuneFields,
  recordedFinetuneConfig,
  resolveLengths,
  type FinetuneConfig,
  type ResolvedFinetuneConfig,
} from './tasks/rows/finetune-fields.js';
export { deviceBytes, type DeviceMemory, type HostCopies } from './plan/device-memory.js';
export type { MicroBatches } from './plan/micro-batch.js';
export type { Support, SupportedOp } from './plan/op-support.js';
export type { ParameterCount, ParameterGroup, ParameterPlan } from './plan/parameters.js';
export { isInProcess, peakMemory, type PeakMemory } from './plan/peak-memory.js';
export {
  planRun,
  type BackendPlan,
  type PlannedMicroBatches,
  type PlannedRun,
  type PlanRequest,
  type TensorSources,
} from './plan/plan-run.js';
export { stepPhases, type StepPhase } from './plan/step-phases.js';
export { workOfStep } from './plan/work.js';
export {
  presetCommandLine,
  presetNamed,
  presetNames,
  presets,
  presetValues,
  type PresetCommand,
  type PresetValues,
} from './presets/presets.js';
export { presetCosts } from './presets/preset-costs.js';
export type {
  FinetunePreset,
  MeasuredCost,
  NotMeasured,
  Preset,
  PresetCost,
  PresetFacts,
  PretrainPreset,
} from './presets/preset.js';
export { recordedSettings } from './settings/recorded.js';
export {
  changedSettings,
  describeChange,
  makesAnotherRun,
  startFrom,
  type ChangedSetting,
  type TrainingCommand,
} from './settings/resuming.js';
export { flagOf, keyOf, normalizeFlag } from './settings/spelling.js';
export {
  optimizerFields,
  ranksFields,
  runFields,
  stoppingFields,
  type RunConfig,
} from './settings/shared-fields.js';
export { validate, type Source } from './settings/validate.js';
export { planStart, start, type StartRequest } from './start.js';
export { checkConfig } from './tasks/pretrain/check-config.js';
export { trainingFields, type TrainingConfig } from './tasks/pretrain/fields.js';
export { pretrain } from './tasks/pretrain/pretrain.js';
export { bareTokens, openTrainingData, type TrainingData } from './tasks/pretrain/token-data.js';
export { finetune, rowTaskOf } from './tasks/rows/finetune.js';
export { readExamples, type ReadExamplesOptions } from './tasks/rows/row-data.js';
export type { RowData, RowDataConfig, RowSamplerParts, RowTask } from './tasks/rows/row-task.js';
export type { FittedRun, OpenTask, PreparedRun, Task, TrainingJob } from './tasks/common/task.js';
export { tasks } from './tasks/tasks.js';
export { tokenTexts } from './text/token-texts.js';
export type { TrainingRow, TrainingToken } from './text/training-rows.js';
export { formatBytes, formatCount, formatDuration, formatParameters } from './text/format.js';
export { checkAgreement, verify, type VerifyReport, type VerifyRequest } from './verify.js';
