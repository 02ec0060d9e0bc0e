import { AttuneError } from '@attune/core';
import { applyLora, isSavedAs, Linear, type LoraConfig, type RootModule } from '@attune/nn';
import type { AdapterConfig } from './adapter-config.js';
import { adaptedPaths, isAllLinear, type LayerChoice } from './target-modules.js';
import { embeddingOf, HEAD, HEAD_WEIGHT, isTied, namesEmbedding } from './tied-head.js';

const ALL: LayerChoice = { excluded: [], layers: [] };

/** A model that an adapter was laid over. */
export interface LaidOver {
  readonly lora: LoraConfig;
  /** The head was the token embedding, and has a weight of its own now. */
  readonly untied: boolean;
}

/** The error of an adapter that does not fit a model. */
export function foreignAdapter(
  name: string,
  reason: string,
  faults: readonly string[] = [reason],
): AttuneError {
  return new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The adapter in ${name} is not one for this model: ${reason.replace(/\.$/, '')}.`,
    { fix: 'Load it with the model it was trained on.', data: { faults } },
  );
}

function unsupported(name: string, reason: string): AttuneError {
  return new AttuneError('UNSUPPORTED_MODEL', `The adapter in ${name} is not supported: ${reason}.`, {
    fix: 'Merge it into its model with peft, and load the merged model.',
    data: { faults: [reason] },
  });
}

/**
 * Applies the adapters that a configuration describes, to the modules that peft applies them to. A tied head that is
 * adapted or trained apart from the embedding, as peft does unless it is told to keep them tied, is untied.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH, UNSUPPORTED_MODEL. The model is as it was then.
 */
export function layOver(model: RootModule, config: AdapterConfig, name: string): LaidOver {
  const tied = isTied(model);
  const paths = [...model.modules.keys()].filter((path) => path !== '');
  if (tied) paths.push(HEAD);
  const saved = modulesToSave(model, config, paths);
  const targets = targetsOf(config, paths, saved.names, name);
  const other = targets === 'all-linear' ? [] : targets.filter((path) => !isLinear(model, path));
  if (other.length > 0) {
    const path = other[0]!;
    throw path === embeddingOf(model)
      ? unsupported(name, `it adapts the embedding ${path}, and only linear layers are adapted here`)
      : foreignAdapter(name, `${path}, which its target_modules mean, is no linear layer`);
  }
  if (config.ensureWeightTying && tied && tiesAdapters(config, targets)) {
    throw unsupported(name, 'ensure_weight_tying ties the adapters of the embedding and the head');
  }
  const untied = tied && !saved.keepTied && (saved.touchesTied || targets.includes(HEAD));
  const names = config.layerChoice && targets !== 'all-linear' ? displayed(config, targets) : targets;
  try {
    if (untied) model.untie();
    const applied = applyLora(model, { ...config.lora, modulesToSave: saved.names, targetModules: targets });
    return { lora: { ...applied, targetModules: names }, untied };
  } catch (error) {
    if (!(error instanceof AttuneError)) throw error;
    throw foreignAdapter(name, error.message);
  }
}

/** The names that were given, where they mean no less and no more than the layers that are adapted. */
function displayed({ lora, layerChoice }: AdapterConfig, targets: readonly string[]): readonly string[] {
  const { targetModules } = lora;
  const { excluded, layers } = layerChoice!;
  const isPlain = excluded.length === 0 && layers.length === 0;
  return isPlain && typeof targetModules !== 'string' ? targetModules : targets;
}

function isLinear(model: RootModule, path: string): boolean {
  return model.modules.get(path) instanceof Linear || (path === HEAD && isTied(model));
}

function targetsOf(
  { lora: { targetModules }, layerChoice = ALL }: AdapterConfig,
  paths: readonly string[],
  saved: readonly string[],
  name: string,
): readonly string[] | 'all-linear' {
  if (isAllLinear(targetModules)) return 'all-linear';
  let targets: readonly string[];
  try {
    targets = adaptedPaths(paths, targetModules, layerChoice, saved);
  } catch (error) {
    throw error instanceof AttuneError ? unsupported(name, error.message.replace(/\.$/, '')) : error;
  }
  if (targets.length > 0) return targets;
  throw foreignAdapter(name, `no module fits its target_modules, ${JSON.stringify(targetModules)}`);
}

/** peft ties adapters where it finds an embedding or a head among what is adapted, and none among what is saved. */
function tiesAdapters({ lora }: AdapterConfig, targets: readonly string[] | 'all-linear'): boolean {
  if (namesEmbedding(lora.modulesToSave)) return targets.includes(HEAD);
  return targets !== 'all-linear' && namesEmbedding(targets);
}

/** The modules to save that a model has; peft names the heads that any model for a task may have. */
function modulesToSave(
  model: RootModule,
  { lora, ensureWeightTying }: AdapterConfig,
  paths: readonly string[],
): { names: readonly string[]; keepTied: boolean; touchesTied: boolean } {
  const present = lora.modulesToSave.filter((one) => paths.some((path) => isSavedAs(path, one)));
  if (!isTied(model)) return { names: present, keepTied: false, touchesTied: false };
  const embedding = model.aliases[HEAD_WEIGHT]!.replace(/\.weight$/, '');
  const meansEmbedding = (one: string) => isSavedAs(embedding, one);
  const keepTied = ensureWeightTying === true && namesEmbedding(lora.modulesToSave);
  const touchesTied = present.some((one) => meansEmbedding(one) || isSavedAs(HEAD, one));
  if (!keepTied) return { names: present, keepTied, touchesTied };
  // The embedding stands for both.
  const others = present.filter((one) => paths.some((path) => path !== HEAD && isSavedAs(path, one)));
  return { names: others.some(meansEmbedding) ? others : [...others, embedding], keepTied, touchesTied };
}
