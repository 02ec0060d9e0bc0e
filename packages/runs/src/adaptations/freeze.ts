import { AttuneError } from '@attune/core';
import { freezeParameters, lowerLayers, type RootModule } from '@attune/nn';
import { wholeModelSaver } from '../models/folder/model-saver.js';
import { settingGroup, type ValuesOf } from '../settings/field.js';
import type { Adaptation, SharedConfig } from './adaptation.js';

const method = settingGroup('Method');

/** The settings of freezing. */
export const freezeFields = {
  freeze: method.texts('glob', { description: 'freeze: parameters to freeze', default: [], resume: 'fixed' }),
  train: method.texts('glob', {
    description: 'freeze: parameters to train nevertheless',
    default: [],
    resume: 'fixed',
  }),
  freezeLayers: method.optionalInteger({
    description: 'freeze: also the embeddings and this many of the first blocks',
    min: 0,
    resume: 'fixed',
  }),
};

type FreezeConfig = SharedConfig & ValuesOf<typeof freezeFields>;

/** The learning rate of a head alone, on a frozen body. */
const HEAD_LEARNING_RATE = 1e-3;

/**
 * True where a head is trained on a body that is frozen, whole or but for what `train` names. Where the task was not named,
 * `freeze` says what is frozen, and `train` all that is not.
 */
export function trainsHead(
  values: Readonly<Partial<Record<'task' | 'method' | 'freeze' | 'freezeLayers', unknown>>>,
): boolean {
  const { task, method: name, freeze: globs, freezeLayers } = values;
  const isNamed = (Array.isArray(globs) && globs.length > 0) || freezeLayers !== undefined;
  return task === 'classify' && name === 'freeze' && !isNamed;
}

function choiceOf(model: RootModule, config: FreezeConfig) {
  const { freeze: globs, train, freezeLayers } = config;
  if (trainsHead(config)) return { train: ['score.*', ...train] };
  if (globs.length === 0 && train.length === 0 && freezeLayers === undefined) {
    throw new AttuneError('INVALID_CONFIG', '--method freeze does not say what is frozen.', {
      fix: 'Give --freeze-layers a number of blocks, or --freeze or --train globs over parameter names.',
    });
  }
  const frozen = [...globs, ...(freezeLayers === undefined ? [] : lowerLayers(model, freezeLayers))];
  return {
    ...(frozen.length > 0 && { freeze: frozen }),
    ...(train.length > 0 && { train }),
  };
}

/** Some weights stay as they are. */
export const freeze: Adaptation<FreezeConfig> = {
  fields: freezeFields,
  learningRate: (values) => (trainsHead(values) ? HEAD_LEARNING_RATE : 5e-5),
  async adapt({ model, tensors }, config) {
    freezeParameters(model.parameters, choiceOf(model, config));
    return { model, weights: async () => tensors };
  },
  describe: (config) => (trainsHead(config) ? 'head' : 'freeze'),
  readCheckpoint: (run, name) => run.readCheckpoint(name),
  saver: wholeModelSaver,
};
