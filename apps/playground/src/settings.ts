/** The settings of a run. Names are those of the command line's configuration. */
export interface Settings {
  readonly nLayer: number;
  readonly nHead: number;
  readonly nEmbd: number;
  readonly blockSize: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly warmupIters: number;
  readonly maxIters: number;
  readonly evalInterval: number;
  readonly checkpointInterval: number;
  readonly sampleTokens: number;
  readonly seed: number;
}

/** A setting as the page shows it. */
export interface SettingField {
  readonly key: keyof Settings;
  readonly label: string;
  readonly min: number;
  readonly step?: number | 'any';
}

export const settingFields: readonly SettingField[] = [
  { key: 'nLayer', label: 'layers', min: 1 },
  { key: 'nHead', label: 'heads', min: 1 },
  { key: 'nEmbd', label: 'width', min: 1 },
  { key: 'blockSize', label: 'context', min: 1 },
  { key: 'batchSize', label: 'batch', min: 1 },
  { key: 'learningRate', label: 'learning rate', min: 0, step: 'any' },
  { key: 'warmupIters', label: 'warm-up steps', min: 0 },
  { key: 'maxIters', label: 'steps', min: 1 },
  { key: 'evalInterval', label: 'evaluate every', min: 1 },
  { key: 'checkpointInterval', label: 'save every', min: 1 },
  { key: 'sampleTokens', label: 'sample length', min: 0 },
  { key: 'seed', label: 'seed', min: 0 },
];

/** Nobody means more, and numbers above are not told apart. */
const MAX_SETTING = 1e9;

/** The faults of settings that come from elsewhere, setting by setting: the form does not let them be typed. */
export function settingFaults(settings: Readonly<Record<string, unknown>>): string[] {
  return settingFields.flatMap(({ key, min, step = 1 }) => {
    const value = settings[key];
    if (value === undefined) return [`${key} is missing`];
    const fits = typeof value === 'number' && value >= min && value <= MAX_SETTING;
    if (fits && (step === 'any' || Number.isInteger(value))) return [];
    return [
      `${key} is ${JSON.stringify(value)}, which is no ${step === 'any' ? '' : 'whole '}number from ${min} to ${MAX_SETTING}`,
    ];
  });
}

const common = { blockSize: 64, batchSize: 12, warmupIters: 100, sampleTokens: 300, seed: 1337 };

/** Sizes to choose from. */
export const sizes: Readonly<Record<string, { readonly about: string; readonly settings: Settings }>> = {
  tiny: {
    about: 'a minute or two',
    settings: {
      ...common,
      nLayer: 2,
      nHead: 2,
      nEmbd: 64,
      learningRate: 5e-3,
      maxIters: 1000,
      evalInterval: 100,
      checkpointInterval: 50,
    },
  },
  small: {
    about: 'a few minutes',
    settings: {
      ...common,
      nLayer: 3,
      nHead: 4,
      nEmbd: 96,
      learningRate: 5e-3,
      maxIters: 3000,
      evalInterval: 200,
      checkpointInterval: 100,
    },
  },
  medium: {
    about: 'for a GPU',
    settings: {
      ...common,
      blockSize: 128,
      batchSize: 32,
      nLayer: 6,
      nHead: 6,
      nEmbd: 192,
      learningRate: 2e-3,
      maxIters: 5000,
      evalInterval: 250,
      checkpointInterval: 100,
    },
  },
};

/** Settings that the page does not ask for, with the command line's defaults or names. */
export const fixedSettings = {
  family: 'gpt2',
  sampling: 'random',
  gradientAccumulationSteps: 1,
  bias: false,
  dropout: 0,
  activation: 'gelu',
  weightDecay: 0.1,
  beta1: 0.9,
  beta2: 0.99,
  gradClip: 1,
  lossSpikeAction: 'stop',
  minDelta: 0,
  evalIters: 10,
  keepCheckpoints: 3,
  logInterval: 10,
  backend: 'auto',
} as const;

/** The whole configuration of a run, as the command line's `config.yaml` has it. */
export function runConfig(settings: Settings) {
  const { learningRate, maxIters } = settings;
  return { ...fixedSettings, ...settings, minLr: learningRate / 50, lrDecayIters: maxIters };
}
