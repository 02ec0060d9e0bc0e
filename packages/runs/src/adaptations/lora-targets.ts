import { AttuneError, isAttuneError, type TensorSource } from '@attune/core';
import { familyOf, isClassifierConfig, matchPaths } from '@attune/formats';
import { Linear, type LoraConfig, type RootModule } from '@attune/nn';
import type { OpenAnyModel } from '../models/model/opened-model.js';

/** `q_proj,v_proj` as well as `q_proj v_proj`. */
export function namesOf(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(',')).filter((name) => name !== '');
}

const [HEAD, HEAD_WEIGHT] = ['lm_head', 'lm_head.weight'] as const;

/** A head that shares the token embedding, and is to be adapted apart from it, gets a weight of its own: that embedding. */
export function untied(
  { model, tensors }: OpenAnyModel<TensorSource>,
  targets: LoraConfig['targetModules'],
): TensorSource {
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

/** The layers that are adapted: those that were named, or else the usual ones of the model's family. */
export function targetModules(
  { model, config }: Pick<OpenAnyModel, 'model' | 'config'>,
  given: readonly string[],
): LoraConfig['targetModules'] {
  if (given.some((text) => PATTERN.test(text))) return matchedLayers(model, given);
  const names = namesOf(given);
  if (names.length === 1 && names[0] === 'all-linear') return 'all-linear';
  if (names.length > 0) return names;
  return familyOf(isClassifierConfig(config) ? config.body : config).loraTargets;
}
