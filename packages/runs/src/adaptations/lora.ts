import { AttuneError, loaded, type HostTensor, type HostTensors, type TensorSource } from '@attune/core';
import { adapterFiles, GENERATION_CONFIG_JSON, isClassifierConfig, readAdapter } from '@attune/formats';
import {
  applyLora,
  columnNorms,
  initialize,
  LoraLinear,
  loraLayers,
  type LoraConfig,
  type RootModule,
} from '@attune/nn';
import type { ModelSaver } from '../models/folder/model-saver.js';
import { settingGroup, type ValuesOf } from '../settings/field.js';
import type { Adaptation, SharedConfig, AdaptedModel, SavedParts } from './adaptation.js';
import { namesOf, targetModules, untied } from './lora-targets.js';

const method = settingGroup('Method');

/** The settings of LoRA. */
export const loraFields = {
  adapter: settingGroup('Model').optionalText('dir', {
    description: 'LoRA adapter to continue training',
    resume: 'fixed',
  }),
  loraRank: method.integer({ description: 'lora: rank', default: 8, min: 1, max: 65_536, resume: 'fixed' }),
  loraAlpha: method.number({
    description: 'lora: alpha; updates are scaled by alpha / rank',
    default: { text: 'twice --lora-rank', of: ({ loraRank }) => 2 * (loraRank as number) },
    above: 0,
    resume: 'fixed',
  }),
  loraDropout: method.number({
    description: "lora: probability of dropping the adapters' inputs",
    default: 0,
    min: 0,
    below: 1,
    resume: 'fixed',
  }),
  targetModules: method.texts('name', {
    description:
      "lora: layers to adapt, by name, all-linear, or one pattern over whole paths (default: the attention's, as in peft)",
    default: [],
    resume: 'fixed',
  }),
  modulesToSave: method.texts('name', {
    description: 'lora: other modules to train whole',
    default: [],
    resume: 'fixed',
  }),
  loraBias: method.choice(['none', 'all', 'lora_only'], {
    description: 'lora: biases to train',
    default: 'none',
    resume: 'fixed',
  }),
  useRslora: method.switch({ description: 'lora: scale by alpha / sqrt(rank)', resume: 'fixed' }),
  useDora: method.switch({ description: 'lora: weight-decomposed updates (DoRA)', resume: 'fixed' }),
};

type LoraSettings = SharedConfig & ValuesOf<typeof loraFields>;

/** A loss in chunks multiplies by the head's weight alone. */
function checkChunks({ model, lora: config }: AdaptedModel, { chunkTokens }: LoraSettings): void {
  const head = model.modules.get('lm_head');
  if (chunkTokens === undefined || !config || !(head instanceof LoraLinear)) return;
  if (!config.useDora && config.dropout === 0) return;
  const part = config.useDora ? 'DoRA' : 'dropout';
  throw new AttuneError(
    'INVALID_CONFIG',
    `--chunk-tokens does not go with an adapter on lm_head that has ${part}: it needs all logits at once.`,
    { fix: `Leave out --chunk-tokens, lm_head among --target-modules, or ${part}.` },
  );
}

/** The lengths that DoRA begins with: those of the columns as they are. */
async function magnitudes(
  model: RootModule,
  config: LoraConfig,
  tensors: TensorSource,
  seed: number,
): Promise<HostTensors> {
  if (!config.useDora) return {};
  const factors = initialize(
    model.parameters.filter(({ name }) => /\.lora_[AB]\.weight$/.test(name)),
    seed,
  );
  const weights: Record<string, HostTensor> = {};
  for (const { weight } of loraLayers(model).values()) {
    weights[weight.name] = await loaded(tensors[weight.name]!);
  }
  return columnNorms(model, { ...weights, ...factors });
}

const adapt: Adaptation<LoraSettings>['adapt'] = async (source, config, host) => {
  const { model, tensors } = source;
  if (config.adapter !== undefined) {
    const { config: read, replaced, over } = await readAdapter(host.folder(config.adapter), model);
    return { model, lora: read.lora, replaced, weights: async () => over(tensors) };
  }
  const { loraRank: rank, loraAlpha: alpha, loraDropout: dropout, loraBias: bias } = config;
  const targets = targetModules(source, config.targetModules);
  const base = untied(source, targets);
  const applied = applyLora(model, {
    ...{ rank, alpha, dropout, bias },
    useRslora: config.useRslora,
    useDora: config.useDora,
    targetModules: targets,
    // A new head has nothing that an adapter could be added to.
    modulesToSave: [
      ...namesOf(config.modulesToSave),
      ...(isClassifierConfig(source.config) ? ['score'] : []),
    ],
  });
  return {
    model,
    lora: applied,
    weights: async () => ({ ...base, ...(await magnitudes(model, applied, base, config.seed)) }),
  };
};

/** Writes adapters, as peft does: the base model stays where it is. */
function adapterSaver({ adapted, companions, taskType, base, dtype }: SavedParts): ModelSaver {
  const { generation } = companions;
  // An adapter is read before its model, whose ends of answers may be fewer.
  const files = { ...companions.files, ...(generation && { [GENERATION_CONFIG_JSON]: generation }) };
  const { model, lora: config, replaced } = adapted;
  const adapter = { model, lora: config!, replaced, taskType, ...base, files };
  return {
    savesFrozen: false,
    final: (tensors) => adapterFiles({ ...adapter, tensors, dtype }),
    checkpoint: (checkpoint) => ({
      checkpoint,
      modelFiles: adapterFiles({ ...adapter, tensors: checkpoint.parameters }),
    }),
  };
}

/** Low-rank updates beside frozen layers. */
export const lora: Adaptation<LoraSettings> = {
  fields: loraFields,
  learningRate: () => 2e-4,
  async adapt(source, config, host) {
    const adapted = await adapt(source, config, host);
    checkChunks(adapted, config);
    return adapted;
  },
  describe(_config, { lora: config }) {
    const { rank, alpha, targetModules: modules, useDora, useRslora } = config!;
    const kind = useDora ? 'DoRA' : useRslora ? 'rsLoRA' : 'LoRA';
    const targets = typeof modules === 'string' ? modules : modules.join(', ');
    return `${kind}, rank ${rank}, alpha ${alpha}, on ${targets}`;
  },
  readCheckpoint: (run, name, { model }) => run.readAdapterCheckpoint(name, model),
  saver: adapterSaver,
};
