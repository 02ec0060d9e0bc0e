import type { BackendPlugin } from '../contracts/backend.js';
import { AttuneError, didYouMean } from '../errors/index.js';

/** Options that several backends have in common: which kernels they compute with. */
export interface EngineChoice {
  /** One of the plugin's {@link BackendPlugin.engines}. Default: the first. */
  readonly engine?: string | undefined;
  /** Pins the instruction set: the same bits on every machine that has it. Default: the best of the machine. */
  readonly isa?: string | undefined;
}

/** Says why a plugin cannot take a choice of engine; `undefined` if it can. */
export function engineFault(
  { name, engines }: Pick<BackendPlugin, 'name' | 'engines'>,
  options: unknown,
): string | undefined {
  const { engine, isa } = (options ?? {}) as EngineChoice;
  if (!engines) {
    if (engine !== undefined)
      return `${name} has no choice of engine, but engine is ${JSON.stringify(engine)}`;
    return isa === undefined
      ? undefined
      : `${name} has no choice of instruction set, but isa is ${JSON.stringify(isa)}`;
  }
  if (engine === undefined || engines.includes(engine)) return undefined;
  return `${name} has no engine ${JSON.stringify(engine)}. ${didYouMean(String(engine), engines)}`;
}

/**
 * The engine that the options of a plugin choose.
 *
 * @throws AttuneError INVALID_ARGUMENT if there is none of that name.
 */
export function chosenEngine<Name extends string>(
  plugin: { readonly name: string; readonly engines: readonly [Name, ...Name[]] },
  options: EngineChoice,
): Name {
  const fault = engineFault(plugin, options);
  if (fault !== undefined) throw new AttuneError('INVALID_ARGUMENT', `Backend ${fault}`);
  return (options.engine as Name | undefined) ?? plugin.engines[0];
}
