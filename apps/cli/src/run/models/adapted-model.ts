import { createHash } from 'node:crypto';
import { AttuneError, isAttuneError, type HostTensors } from '@attune/core';
import { familyOf, isClassifierConfig, matchPaths, type FolderModel } from '@attune/formats';
import { readAdapterFolder } from '@attune/formats/node';
import {
  applyLora,
  columnNorms,
  freezeParameters,
  initialize,
  Linear,
  LoraLinear,
  lowerLayers,
  type LoraConfig,
  type RootModule,
} from '@attune/nn';
import { trainsHead, type FinetuneConfig } from '@attune/runs';
import type { OpenAnyModel } from './opened-model.js';

/** A pretrained model, made ready to be adapted. */
export interface AdaptedModel {
  /** The very model of the source, with adapters or frozen parts. */
  readonly model: FolderModel;
  /** The adapters' configuration, with `--method lora`. */
  readonly lora?: LoraConfig;
  /** Weights of embedding and head that an adapter had in place of the model's, to be saved with it again. */
  readonly replaced?: HostTensors;
  /** Values of all that does not begin as its initialiser says. */
  weights(): Promise<HostTensors>;
}

/** `q_proj,v_proj` as well as `q_proj v_proj`. */
function namesOf(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(',')).filter((name) => name !== '');
}

const [HEAD, HEAD_WEIGHT] = ['lm_head', 'lm_head.weight'] as const;

/** A head that shares the token embedding, and is to be adapted apart from it, gets a weight of its own: that embedding. */
function untied({ model, tensors }: OpenAnyModel, targets: LoraConfig['targetModules']): HostTensors {
  const aliases: Readonly<Record<string, string>> = model.aliases;
  const embedding = aliases[HEAD_WEIGHT];
  if (embedding === undefined || !('untie' in model) || !targets.includes(HEAD)) return tensors;
  model.untie();
  return { ...tensors, [HEAD_WEIGHT]: tensors[embedding]! };
}

/** A character that no name of a module has: what has one is a pattern. */
const PATTERN = /[\\^$*+?()[\]{}|]/;

/** The linear layers that a pattern of Python's fits whole, as with peft's `target_modules`. */
function matchedLayers(model: RootModule, given: readonly string[]): readonly string[] {
  const [pattern, ...others] = given as [string, ...string[]];
  const faulty = (message: string, fix?: string, cause?: unknown) =>
    new AttuneError('INVALID_CONFIG', `--target-modules: ${message}`, { fix, cause });
  if (others.length > 0) throw faulty('a pattern stands alone.', "Join them: '.*(q_proj|v_proj)'.");
  const tied = 'aliases' in model && Object.hasOwn(model.aliases as object, HEAD_WEIGHT) ? [HEAD] : [];
  let paths: string[];
  try {
    paths = matchPaths(pattern, [...[...model.modules.keys()].filter((path) => path !== ''), ...tied]);
  } catch (error) {
    throw isAttuneError(error) ? faulty(error.message, undefined, error) : error;
  }
  const linear = [...model.modules].flatMap(([path, module]) => (module instanceof Linear ? [path] : []));
  for (const path of tied) linear.push(path);
  const other = paths.find((path) => !linear.includes(path));
  if (other !== undefined) throw faulty(`${pattern} fits ${other}, which is no linear layer.`);
  if (paths.length > 0) return paths;
  throw faulty(
    `${pattern} fits no module.`,
    `It has to fit a whole path, as .*${linear[0]?.split('.').at(-1)} fits ${linear[0]}.`,
  );
}

function targetModules(
  { model, config }: OpenAnyModel,
  given: readonly string[],
): LoraConfig['targetModules'] {
  if (given.some((text) => PATTERN.test(text))) return matchedLayers(model, given);
  const names = namesOf(given);
  if (names.length === 1 && names[0] === 'all-linear') return 'all-linear';
  if (names.length > 0) return names;
  return familyOf(isClassifierConfig(config) ? config.body : config).loraTargets;
}

/**
 * Lays adapters over a model, or freezes parts of it, as the method says.
 *
 * @throws AttuneError INVALID_CONFIG for settings that do not go together, or name what the model has not; those of
 * reading an adapter.
 */
export async function adaptModel(source: OpenAnyModel, config: FinetuneConfig): Promise<AdaptedModel> {
  const adapted = await applyMethod(source, config);
  checkChunks(adapted, config);
  return adapted;
}

/** A loss in chunks multiplies by the head's weight alone. */
function checkChunks({ model, lora }: AdaptedModel, { chunkTokens }: FinetuneConfig): void {
  const head = model.modules.get('lm_head');
  if (chunkTokens === undefined || !lora || !(head instanceof LoraLinear)) return;
  if (!lora.useDora && lora.dropout === 0) return;
  const part = lora.useDora ? 'DoRA' : 'dropout';
  throw new AttuneError(
    'INVALID_CONFIG',
    `--chunk-tokens does not go with an adapter on lm_head that has ${part}: it needs all logits at once.`,
    { fix: `Leave out --chunk-tokens, lm_head among --target-modules, or ${part}.` },
  );
}

async function applyMethod(source: OpenAnyModel, config: FinetuneConfig): Promise<AdaptedModel> {
  checkMethod(config);
  const { model, tensors } = source;
  switch (config.method) {
    case 'full':
      return { model, weights: async () => tensors };
    case 'freeze': {
      freezeParameters(model.parameters, freezeOptions(model, config));
      return { model, weights: async () => tensors };
    }
    case 'lora': {
      if (config.adapter !== undefined) {
        const { config: read, replaced, over } = await readAdapterFolder(config.adapter, model);
        return { model, lora: read.lora, replaced, weights: async () => over(tensors) };
      }
      const { loraRank: rank, loraAlpha: alpha, loraDropout: dropout, loraBias: bias } = config;
      const targets = targetModules(source, config.targetModules);
      const base = untied(source, targets);
      const lora = applyLora(model, {
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
        lora,
        weights: async () => ({ ...base, ...magnitudes(model, lora, base, config.seed) }),
      };
    }
  }
}

/** The lengths that DoRA begins with: those of the columns as they are. */
function magnitudes(model: RootModule, lora: LoraConfig, tensors: HostTensors, seed: number): HostTensors {
  if (!lora.useDora) return {};
  const factors = initialize(
    model.parameters.filter(({ name }) => /\.lora_[AB]\.weight$/.test(name)),
    seed,
  );
  return columnNorms(model, { ...tensors, ...factors });
}

function freezeOptions(model: RootModule, config: FinetuneConfig) {
  const { freeze, train, freezeLayers } = config;
  if (trainsHead(config)) return { train: ['score.*', ...train] };
  const frozen = [...freeze, ...(freezeLayers === undefined ? [] : lowerLayers(model, freezeLayers))];
  return {
    ...(frozen.length > 0 && { freeze: frozen }),
    ...(train.length > 0 && { train }),
  };
}

/** Settings that only one method takes, with what they are when they are not given. */
const OF_METHOD: Readonly<Record<string, readonly (keyof FinetuneConfig)[]>> = {
  freeze: ['freeze', 'freezeLayers', 'train'],
  lora: ['adapter', 'targetModules', 'modulesToSave', 'useRslora', 'useDora'],
};

function checkMethod(config: FinetuneConfig): void {
  const { method, freeze, train, freezeLayers } = config;
  const isGiven = (value: unknown) =>
    Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  for (const [owner, keys] of Object.entries(OF_METHOD)) {
    const foreign = owner === method ? undefined : keys.find((key) => isGiven(config[key]));
    if (foreign === undefined) continue;
    throw new AttuneError(
      'INVALID_CONFIG',
      `${foreign} goes with --method ${owner}, but the method is ${method}.`,
      {
        fix: `Add --method ${owner}, or leave it out.`,
      },
    );
  }
  if (trainsHead(config)) return;
  if (method === 'freeze' && freeze.length === 0 && train.length === 0 && freezeLayers === undefined) {
    throw new AttuneError('INVALID_CONFIG', '--method freeze does not say what is frozen.', {
      fix: 'Give --freeze-layers a number of blocks, or --freeze or --train globs over parameter names.',
    });
  }
}

/** SHA-256 of tensors: their names, shapes and values. */
export function digestOf(tensors: HostTensors): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(tensors).sort()) {
    const { shape, dtype, data } = tensors[name]!;
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
