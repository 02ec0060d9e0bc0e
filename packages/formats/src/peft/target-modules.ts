import { isAdaptedAs } from '@attune/nn';
import { matchPaths } from './pattern/module-pattern.js';

/** Names of modules; a text alone is `all-linear`, or a pattern over whole paths in Python's syntax. */
export type ModuleNames = string | readonly string[];

/** Which of the named modules are adapted: peft's `exclude_modules`, `layers_to_transform` and `layers_pattern`. */
export interface LayerChoice {
  readonly excluded: ModuleNames;
  /** Indices of layers. Empty: all. */
  readonly layers: readonly number[];
  /** Name of the list that the layers are in. Default: any. */
  readonly within?: string;
}

/** True if peft calls every linear layer but the head by this. */
export function isAllLinear(names: ModuleNames): names is string {
  return typeof names === 'string' && names.toLowerCase() === 'all-linear';
}

/**
 * The paths that names, or a pattern, mean: peft's rule for the layers that it adapts.
 *
 * @throws AttuneError INVALID_ARGUMENT for a pattern that cannot be matched.
 */
function pathsMeant(paths: readonly string[], names: ModuleNames): string[] {
  if (typeof names === 'string') return matchPaths(names, paths);
  return paths.filter((path) => names.some((name) => isAdaptedAs(path, name)));
}

/** peft looks for the first number in a path that a name, and something before that, stand in front of. */
function layerOf(path: string, within: string | undefined): number | undefined {
  const keys = path.split('.');
  const index = keys.findIndex(
    (key, i) =>
      /^\d+$/.test(key) && i < keys.length - 1 && (within === undefined ? i > 1 : keys[i - 1] === within),
  );
  return index < 0 ? undefined : Number(keys[index]);
}

/** True if a path is that of a module to save, or within one: what is trained whole has no adapters. */
function isWithin(path: string, name: string): boolean {
  return `.${path}.`.includes(`.${name}.`);
}

/**
 * Those of some paths that peft adapts.
 *
 * @throws AttuneError INVALID_ARGUMENT as {@link pathsMeant}.
 */
export function adaptedPaths(
  paths: readonly string[],
  names: ModuleNames,
  { excluded, layers, within }: LayerChoice,
  modulesToSave: readonly string[],
): string[] {
  const left = new Set(pathsMeant(paths, excluded));
  return pathsMeant(paths, names).filter((path) => {
    if (left.has(path) || modulesToSave.some((name) => isWithin(path, name))) return false;
    if (layers.length === 0) return true;
    const layer = layerOf(path, within);
    return layer !== undefined && layers.includes(layer);
  });
}
