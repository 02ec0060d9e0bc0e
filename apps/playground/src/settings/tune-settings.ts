import { AttuneError, shownValue } from '@attune/core';
import { builtInTemplateNames } from '@attune/data';
import { isJsonObject } from '@attune/files';
import {
  finetuneConfig,
  finetuneFields,
  flagOf,
  narrowed,
  validate,
  type FinetuneConfig,
} from '@attune/runs';
import { isUnmistakable } from './pretrain-settings.js';

/** The settings that the form asks for, as it calls them, and the limits that a page has beside their own. */
const asked = {
  loraRank: { label: 'rank', max: 1024 },
  learningRate: { label: 'learning rate', max: 1 },
  epochs: { label: 'epochs', max: 10_000 },
  batchSize: { label: 'rows per step', max: 4096 },
  validationFraction: { label: 'held out' },
  sampleTokens: { label: 'answer length', max: 4096 },
  seed: { label: 'seed' },
} as const;

type NumberKey = keyof typeof asked;
const numberKeys = Object.keys(asked) as NumberKey[];

/** The settings that are chosen from a list. */
const choices = {
  targetModules: { label: 'layers', values: ['attention', 'all-linear'] },
  template: { label: 'chat template', values: ['own', ...builtInTemplateNames] },
  onOverlength: { label: 'longer rows', values: ['error', 'truncate', 'drop'] },
} as const;

type ChoiceKey = keyof typeof choices;
const choiceKeys = Object.keys(choices) as ChoiceKey[];

/** The settings of fine-tuning that the form asks for. Names are those of the command line. */
export type TuneSettings = { readonly [K in NumberKey]: number } & { readonly [K in ChoiceKey]: string };

/** A setting as the page shows it: a number with its limits, or a choice. */
export interface TuneField {
  readonly key: NumberKey | ChoiceKey;
  readonly label: string;
  readonly description: string;
  readonly min?: number;
  readonly max?: number;
  readonly isWhole?: boolean;
  readonly values?: readonly string[];
}

const fields = Object.fromEntries(
  numberKeys.map((key) => {
    const { label: _, ...limits } = asked[key] as { label: string; max?: number };
    return [key, narrowed(finetuneFields[key] as never, limits)];
  }),
) as unknown as Pick<typeof finetuneFields, NumberKey>;

export const tuneFields: readonly TuneField[] = [
  ...numberKeys.map((key): TuneField => {
    const {
      kind,
      description,
      range = {},
    } = fields[key] as {
      readonly kind: string;
      readonly description: string;
      readonly range?: { readonly min?: number; readonly max?: number };
    };
    const { min, max } = range;
    return {
      ...{ key, label: asked[key].label, description, isWhole: kind === 'integer' },
      ...(min !== undefined && { min }),
      ...(max !== undefined && { max }),
    };
  }),
  ...choiceKeys.map((key): TuneField => {
    const { label, values } = choices[key];
    return { key, label, values, description: finetuneFields[key].description };
  }),
];

/** Settings to begin with: for pasted rows, which are few, and mostly for small models. */
export const defaultTuneSettings: TuneSettings = {
  loraRank: 8,
  learningRate: 1e-3,
  epochs: 5,
  batchSize: 4,
  validationFraction: 0.2,
  sampleTokens: 64,
  seed: 1337,
  targetModules: 'attention',
  template: 'own',
  onOverlength: 'error',
};

/**
 * The settings of a form, or those that were stored.
 *
 * @param name of what has them, for messages.
 * @throws AttuneError UNKNOWN_KEY, INVALID_CONFIG.
 */
export function checkedTuneSettings(values: unknown, name: string): TuneSettings {
  if (!isJsonObject(values)) {
    throw new AttuneError('INVALID_CONFIG', `${name}: its settings are ${shownValue(values)}.`);
  }
  const chosen = choiceKeys.map((key) => {
    const value = values[key];
    if ((choices[key].values as readonly unknown[]).includes(value)) return [key, value];
    throw new AttuneError(
      'INVALID_CONFIG',
      `${name}: “${choices[key].label}” is one of ${choices[key].values.join(', ')}, but is ${shownValue(value)}.`,
    );
  });
  const others = Object.entries(values).filter(([key]) => !(choiceKeys as string[]).includes(key));
  const numbers = validate(fields, Object.fromEntries(others), { name, spell: (key) => key });
  const missing = numberKeys.filter((key) => typeof numbers[key] !== 'number');
  if (missing.length === 0) return { ...numbers, ...Object.fromEntries(chosen) } as unknown as TuneSettings;
  const labels = missing.map((key) => `“${asked[key].label}”`);
  throw new AttuneError('INVALID_CONFIG', `${name}: ${labels.join(', ')} is missing.`);
}

/** The part of a configuration that the form shows. */
export function tuneSettingsOf(config: FinetuneConfig): TuneSettings {
  const numbers = Object.fromEntries(numberKeys.map((key) => [key, config[key]]));
  return {
    ...(numbers as { readonly [K in NumberKey]: number }),
    targetModules: config.targetModules.includes('all-linear') ? 'all-linear' : 'attention',
    template: config.template ?? 'own',
    onOverlength: config.onOverlength,
  };
}

/** The whole configuration of a run on rows, as the command line's `config.yaml` has it. */
export function tuneConfig(
  { targetModules, template, onOverlength, loraRank, ...numbers }: TuneSettings,
  place: { readonly model: string; readonly data: string; readonly adapter?: string },
): FinetuneConfig {
  // An adapter that is trained further has a rank and layers of its own.
  const adapter = place.adapter === undefined && {
    ...{ loraRank, targetModules: targetModules === 'all-linear' ? ['all-linear'] : [] },
  };
  return finetuneConfig({
    ...numbers,
    ...place,
    ...adapter,
    method: 'lora',
    task: 'sft',
    ...(template !== 'own' && { template }),
    onOverlength: onOverlength as FinetuneConfig['onOverlength'],
  });
}

/** A message in which settings are called as the form calls them, not as the command line and programs do. */
export function inWordsOfTuneForm(message: string): string {
  const labels = { ...asked, ...choices };
  return (Object.keys(labels) as (NumberKey | ChoiceKey)[]).reduce((text, key) => {
    const names = [flagOf(key), ...(isUnmistakable(key) ? [`\\b${key}`] : [])];
    return text.replaceAll(new RegExp(`(?:${names.join('|')})(?![-\\w])`, 'g'), `“${labels[key].label}”`);
  }, message);
}
