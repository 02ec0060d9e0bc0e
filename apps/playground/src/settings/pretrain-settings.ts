import { AttuneError, shownValue } from '@attune/core';
import { isJsonObject } from '@attune/files';
import { flagOf, narrowed, pretrain, trainingFields, validate, type TrainingConfig } from '@attune/runs';

/** The settings that the form asks for, as it calls them, and the limits that a page has beside their own. */
const asked = {
  nLayer: { label: 'layers' },
  nHead: { label: 'heads' },
  nEmbd: { label: 'width' },
  blockSize: { label: 'context' },
  batchSize: { label: 'batch' },
  learningRate: { label: 'learning rate' },
  warmupIters: { label: 'warm-up steps' },
  maxIters: { label: 'steps' },
  // A tab may be closed at any time: nothing waits for the end, or for Ctrl-C.
  evalInterval: { label: 'evaluate every', min: 1 },
  checkpointInterval: { label: 'save every', min: 1 },
  sampleTokens: { label: 'sample length' },
  seed: { label: 'seed' },
} as const satisfies Partial<Record<keyof TrainingConfig, { readonly label: string; readonly min?: number }>>;

type SettingKey = keyof typeof asked;

/** The settings that the form asks for. Names are those of the command line's configuration. */
export type Settings = Pick<TrainingConfig, SettingKey>;

/** A setting as the page shows it. */
export interface SettingField {
  readonly key: SettingKey;
  readonly label: string;
  readonly description: string;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly isWhole: boolean;
}

/** Settings to begin with. */
export interface SizeChoice {
  readonly name: string;
  readonly about: string;
  readonly settings: Settings;
}

const askedKeys = Object.keys(asked) as SettingKey[];

/** Nobody means more. */
const MAX_SETTING = 1e9;

/** The fields of pretraining with the limits of the page. */
export const pageFields = {
  ...trainingFields,
  ...(Object.fromEntries(
    askedKeys.map((key) => {
      const { range = {} } = trainingFields[key];
      const { label: _, ...limits } = asked[key];
      return [key, narrowed(trainingFields[key], { max: range.max ?? MAX_SETTING, ...limits })];
    }),
  ) as Pick<typeof trainingFields, SettingKey>),
};

export const settingFields: readonly SettingField[] = askedKeys.map((key) => {
  const { kind, description, range = {} } = pageFields[key];
  const { min, max } = range;
  return { key, label: asked[key].label, description, min, max, isWhole: kind === 'integer' };
});

/**
 * The configuration of a run from elsewhere: of pretraining, within the limits of the page.
 *
 * @param name of what has it, for messages.
 * @throws AttuneError UNKNOWN_KEY, INVALID_CONFIG.
 */
export function checkedConfig(values: unknown, name: string): TrainingConfig {
  if (!isJsonObject(values)) {
    throw new AttuneError('INVALID_CONFIG', `${name}: its settings are ${shownValue(values)}.`);
  }
  // What JSON has no word for is as if it were not there.
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  const config = validate(pageFields, given, { name, spell: (key) => key });
  const missing = askedKeys.filter((key) => config[key] === undefined);
  if (missing.length > 0) {
    throw new AttuneError('INVALID_CONFIG', `${name}: ${missing.join(', ')} is missing.`);
  }
  return pretrain.config(pretrain.recorded(config));
}

/** The settings that an earlier page stored, or that the form has. @throws AttuneError as {@link checkedConfig}. */
export const checkedSettings = (values: unknown, name: string): Settings =>
  settingsOf(checkedConfig(values, name));

/** The part of a configuration that the form shows. */
export function settingsOf(config: TrainingConfig): Settings {
  return Object.fromEntries(askedKeys.map((key) => [key, config[key]])) as unknown as Settings;
}

const size = (name: string, about: string, values: Partial<TrainingConfig>): SizeChoice => ({
  ...{ name, about },
  settings: settingsOf(pretrain.config({ sampleTokens: 300, ...values })),
});

/** Sizes to choose from. */
export const sizes: readonly SizeChoice[] = [
  size('tiny', 'a minute or two', {
    ...{ nLayer: 2, nHead: 2, nEmbd: 64 },
    ...{ learningRate: 5e-3, maxIters: 1000, evalInterval: 100, checkpointInterval: 50 },
  }),
  size('small', 'a few minutes', {
    ...{ nLayer: 3, nHead: 4, nEmbd: 96 },
    ...{ learningRate: 5e-3, maxIters: 3000, evalInterval: 200, checkpointInterval: 100 },
  }),
  size('medium', 'for a GPU', {
    ...{ blockSize: 128, batchSize: 32, nLayer: 6, nHead: 6, nEmbd: 192 },
    ...{ learningRate: 2e-3, maxIters: 5000, evalInterval: 250, checkpointInterval: 100 },
  }),
];

/** True for a name that is no word of English as well. */
export const isUnmistakable = (key: string): boolean => /[A-Z]/.test(key);

/**
 * A message in which settings are called as the form calls them, not as the command line does.
 *
 * @param hasNames true if it also calls them as configurations do. A message about a file keeps the names of that.
 */
export function inWordsOfForm(message: string, hasNames = false): string {
  return askedKeys.reduce((text, key) => {
    const names = [flagOf(key), ...(hasNames && isUnmistakable(key) ? [`\\b${key}`] : [])];
    return text.replaceAll(new RegExp(`(?:${names.join('|')})(?![-\\w])`, 'g'), `“${asked[key].label}”`);
  }, message);
}

/** The whole configuration of a run, as the command line's `config.yaml` has it. */
export function runConfig(settings: Settings): TrainingConfig {
  // Short runs decay further, and evaluations are frequent.
  return pretrain.config({ ...settings, minLr: settings.learningRate / 50, evalIters: 10 });
}
