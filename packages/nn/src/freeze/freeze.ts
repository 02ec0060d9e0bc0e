import { AttuneError, type Parameter } from '@attune/core';
import { Embedding } from '../layers/embedding.js';
import type { RootModule } from '../module/root-module.js';
import { globMatcher } from './glob.js';

/** Which parameters training changes, by globs over their names: see {@link globMatcher}. */
export interface FreezeOptions {
  /** Parameters that stay as they are. */
  readonly freeze?: readonly string[];
  /** Parameters that are trained. They win over `freeze`; without `freeze`, all others stay as they are. */
  readonly train?: readonly string[];
}

/**
 * Freezes parameters of a model: they get no gradient and no optimizer state, and the backward pass does not go further
 * down than the lowest that is trained.
 *
 * @throws AttuneError INVALID_CONFIG for a glob that no parameter fits, or if nothing is left to train.
 */
export function freezeParameters(parameters: readonly Parameter[], { freeze, train }: FreezeOptions): void {
  const frozen = freeze?.map((glob) => fitting(parameters, glob));
  const trained = train?.map((glob) => fitting(parameters, glob));
  const within = (groups: readonly Set<Parameter>[] | undefined, one: Parameter) =>
    groups?.some((group) => group.has(one)) ?? false;
  const rest = train === undefined || freeze !== undefined;
  for (const parameter of parameters) {
    parameter.trainable = within(trained, parameter) || (rest && !within(frozen, parameter));
  }
  if (parameters.some(({ trainable }) => trainable)) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    'Every parameter of the model is frozen: there is nothing to train.',
    {
      fix: 'Freeze fewer, or name those to train.',
    },
  );
}

/** @throws AttuneError INVALID_CONFIG that shows names there are. */
function fitting(parameters: readonly Parameter[], glob: string): Set<Parameter> {
  const matches = globMatcher(glob);
  const found = parameters.filter(({ name }) => matches(name));
  if (found.length > 0) return new Set(found);
  const names = parameters.map(({ name }) => name);
  const shown = names.length > 12 ? [...names.slice(0, 9), '…', ...names.slice(-3)] : names;
  throw new AttuneError('INVALID_CONFIG', `No parameter's name fits "${glob}".`, {
    fix: `Names are ${shown.join(', ')}. In a glob, * stands for any characters.`,
    data: { glob, names },
  });
}

/**
 * Globs for the lower end of a decoder: its embeddings, and its first blocks.
 *
 * @throws AttuneError INVALID_CONFIG if there are not as many blocks.
 */
export function lowerLayers({ modules }: RootModule, count: number): string[] {
  const blocks = [...modules.keys()].filter((path) => /^\D+\.\d+$/.test(path));
  if (!(Number.isInteger(count) && count >= 0 && count <= blocks.length)) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `The number of layers to freeze must be an integer from 0 to ${blocks.length}, but is ${count}.`,
    );
  }
  const embeddings = [...modules].flatMap(([path, module]) => (module instanceof Embedding ? [path] : []));
  return [...embeddings, ...blocks.slice(0, count)].map((path) => `${path}.*`);
}
