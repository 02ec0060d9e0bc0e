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

/**
 * Says why an engine cannot have the instruction set that was chosen; `undefined` if it can, or none was.
 *
 * @param backend its name.
 * @param isas those of the engine; `undefined` where there is no choice.
 */
export function isaFault(
  backend: string,
  engine: string,
  isas: readonly string[] | undefined,
  { isa }: EngineChoice,
): string | undefined {
  if (isa === undefined) return undefined;
  if (!isas)
    return `the engine ${engine} has no choice of instruction set, but isa is ${JSON.stringify(isa)}`;
  if (isas.includes(isa)) return undefined;
  return `${backend} has no instruction set ${JSON.stringify(isa)}. ${didYouMean(String(isa), isas)}`;
}

/** Threads beyond the processors wait for each other; a thousand do so forever. */
export const MAX_THREADS = 256;

/** Says why there cannot be so many threads; `undefined` if there can, or the number is left open. */
export function threadsFault(threads: number | undefined): string | undefined {
  if (threads === undefined) return undefined;
  if (Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS) return undefined;
  return `threads must be a whole number from 1 to ${MAX_THREADS}, but is ${String(threads)}`;
}
