import type { TrainingConfig } from '../tasks/pretrain/fields.js';
import type { FinetuneConfig } from '../tasks/rows/finetune-fields.js';

/** A fact that nobody has measured, and why. */
export interface NotMeasured {
  readonly notMeasured: string;
}

/** The cost of a preset as it was measured: nothing in it is estimated, but for what is said to be. */
export interface MeasuredCost {
  /** Processor, memory and software. */
  readonly machine: string;
  /** The day, `2026-11-29`. */
  readonly date: string;
  /** The command that measured it. */
  readonly command: string;
  /** The steps that were timed. */
  readonly stepsTimed: number;
  /** The median of their times. */
  readonly secondsPerStep: number;
  /** Until the model is written; `estimated` where it is the time of a step, times all of them. */
  readonly secondsToFinish: number;
  readonly estimated: boolean;
  /** The most memory that the process held. */
  readonly peakBytes: number;
  /** The validation loss at the end, in nats a token. */
  readonly validationLoss: number | NotMeasured;
}

/** The cost of a preset. */
export type PresetCost = MeasuredCost | NotMeasured;

/** Facts of a preset that do not depend on the command. */
export interface PresetFacts {
  readonly description: string;
  /** The data that it is for. */
  readonly data: string;
  /** How far it goes, in words: `2,000 steps`. */
  readonly extent: string;
  /** The same as a number of steps. */
  readonly steps: number;
}

/** Settings of `attune pretrain` that go together. */
export interface PretrainPreset extends PresetFacts {
  readonly command: 'pretrain';
  readonly values: Partial<TrainingConfig>;
}

/** Settings of `attune finetune` that go together. */
export interface FinetunePreset extends PresetFacts {
  readonly command: 'finetune';
  readonly values: Partial<FinetuneConfig>;
}

/** Settings that are known to work, with what they cost. */
export type Preset = (PretrainPreset | FinetunePreset) & { readonly cost: PresetCost };
