import { AttuneError, didYouMean } from '@attune/core';
import { Linear } from '../layers/linear.js';
import type { RootModule } from '../module/root-module.js';
import { loraConfig, type LoraConfig, type LoraOptions } from './config.js';
import { LoraLinear } from './lora-linear.js';

/** Modules that turn hidden states into results: `all-linear` leaves them alone, as in peft. */
const HEADS = ['lm_head', 'score'];

/** True if a module's path is `name`, or ends with a dot and it: peft's rule for the layers that it adapts. */
export function isAdaptedAs(path: string, name: string): boolean {
  return path === name || path.endsWith(`.${name}`);
}

/**
 * True if `name` in `modulesToSave` selects a module. peft's rule for them has no dot: `norm` is `input_layernorm`,
 * too.
 */
export function isSavedAs(path: string, name: string): boolean {
  return path.endsWith(name);
}

/**
 * Lays adapters over a model: the named linear layers become {@link LoraLinear}s, and nothing is trained but these, the
 * modules to save, and the biases asked for.
 *
 * With DoRA, the lengths of the columns have to be set from the weights: {@link columnNorms}.
 *
 * @returns the whole configuration.
 * @throws AttuneError INVALID_CONFIG for a value out of range, and for a name that no module has: it lists those there are.
 */
export function applyLora(model: RootModule, options: LoraOptions): LoraConfig {
  const config = loraConfig(options);
  const targets = findTargets(model, config.targetModules);
  const saved = config.modulesToSave.flatMap((name) => pathsNamed(model, name, 'modulesToSave', isSavedAs));
  const both = targets.find(([path]) => saved.some((one) => path === one || path.startsWith(`${one}.`)));
  if (both) {
    throw new AttuneError('INVALID_CONFIG', `${both[0]} is among both targetModules and modulesToSave.`, {
      fix: 'Adapt it, or train it whole.',
    });
  }
  for (const parameter of model.parameters) parameter.trainable = false;
  for (const [path, linear] of targets) {
    model.replace(path, new LoraLinear(linear, config));
    if (config.bias === 'lora_only' && linear.bias) linear.bias.trainable = true;
  }
  for (const parameter of model.parameters) {
    const isSaved = saved.some((path) => parameter.name.startsWith(`${path}.`));
    const isBias = config.bias === 'all' && isAdaptedAs(parameter.name, 'bias');
    if (isSaved || isBias) parameter.trainable = true;
  }
  const adapters = new Set([...loraLayers(model).values()].flatMap((layer) => layer.adapterParameters));
  const changed = model.parameters.filter((parameter) => parameter.trainable && !adapters.has(parameter));
  model.noteAdapters(
    adapters,
    changed.map(({ name }) => name),
  );
  return config;
}

/** The adapted layers of a model, by path. */
export function loraLayers(model: RootModule): ReadonlyMap<string, LoraLinear> {
  return new Map(
    [...model.modules].filter((entry): entry is [string, LoraLinear] => entry[1] instanceof LoraLinear),
  );
}

function linearLayers(model: RootModule): [string, Linear][] {
  return [...model.modules].filter((entry): entry is [string, Linear] => entry[1] instanceof Linear);
}

function findTargets(model: RootModule, names: LoraConfig['targetModules']): [string, Linear][] {
  if (loraLayers(model).size > 0) {
    throw new AttuneError('INVALID_CONFIG', 'The model has adapters already.', {
      fix: 'Merge them first, or continue to train them.',
    });
  }
  const layers = linearLayers(model);
  if (names === 'all-linear')
    return layers.filter(([path]) => !HEADS.some((head) => isAdaptedAs(path, head)));
  const found = new Map<string, Linear>();
  for (const name of names) {
    const paths = new Set(pathsNamed(model, name, 'targetModules', isAdaptedAs));
    const named = layers.filter(([path]) => paths.has(path));
    if (named.length === 0) {
      throw new AttuneError('INVALID_CONFIG', `"${name}" of targetModules is no linear layer.`, {
        fix: `Linear layers are ${lastNames(layers.map(([path]) => path)).join(', ')}.`,
      });
    }
    for (const [path, linear] of named) found.set(path, linear);
  }
  // In the order of the model, whatever the order of the names.
  return layers.filter(([path]) => found.has(path));
}

/** @throws AttuneError INVALID_CONFIG that lists the names there are. */
function pathsNamed(
  model: RootModule,
  name: string,
  key: 'targetModules' | 'modulesToSave',
  fits: (path: string, name: string) => boolean,
): string[] {
  const paths = [...model.modules.keys()].filter((path) => fits(path, name));
  if (paths.length > 0) return paths;
  const tied = 'aliases' in model && Object.hasOwn(model.aliases as object, `${name}.weight`);
  const known = lastNames(linearLayers(model).map(([path]) => path));
  throw new AttuneError(
    'INVALID_CONFIG',
    tied
      ? `"${name}" of ${key} shares its weight with the token embedding in this model.`
      : `No module of the model is named "${name}", as ${key} says.`,
    {
      fix: `${tied ? '' : `${didYouMean(name, known)} `}Linear layers are ${known.join(', ')}.`,
      data: { name, known },
    },
  );
}

/** The last parts of paths, each once: what users name layers by. */
function lastNames(paths: readonly string[]): string[] {
  return [...new Set(paths.map((path) => path.split('.').at(-1)!))];
}
