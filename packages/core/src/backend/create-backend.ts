import type { Availability, Backend, BackendPlugin } from '../contracts/backend.js';
import { AttuneError, isAttuneError, nearest } from '../errors/index.js';
import { engineFault } from './engine-choice.js';

/** The backends of this project, in the order in which `auto` tries them. */
export const knownBackends = ['cuda', 'webgpu', 'cpu', 'wasm', 'reference'] as const;

/** Loads a package by name. The default resolves from where `@attune/core` is installed. */
export type Importer = (specifier: string) => Promise<unknown>;

/** The availability of one candidate. */
export interface Candidate {
  readonly name: string;
  readonly availability: Availability;
  /** Missing where the package could not be loaded. */
  readonly plugin?: BackendPlugin;
}

/** Which backend to use: `auto`, a name, a package's name, or plugins in order of preference. */
export type BackendSelection = string | BackendPlugin | readonly BackendPlugin[];

/** How backends are found and made. */
export interface CreateBackendOptions {
  readonly importer?: Importer;
  /** Handed to the plugin's `isAvailable` and `create`. */
  readonly options?: unknown;
  /** Hears of every candidate that `auto`, or a list, passes over, and why; and what was found out about it. */
  readonly onSkip?: (name: string, reason: string, availability: Availability) => void;
}

const defaultImporter: Importer = (specifier) => import(/* @vite-ignore */ specifier);

function packageOf(name: string): string {
  return (knownBackends as readonly string[]).includes(name) ? `@attune/backend-${name}` : name;
}

function isPlugin(value: unknown): value is BackendPlugin {
  const plugin = value as Partial<BackendPlugin> | null | undefined;
  return (
    typeof plugin?.name === 'string' &&
    typeof plugin.isAvailable === 'function' &&
    typeof plugin.create === 'function'
  );
}

function isNotFound(error: unknown, specifier: string): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  const missing =
    code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || error instanceof TypeError;
  // A package that is there, but lacks a dependency of its own, is another matter.
  return missing && String((error as Error).message).includes(specifier);
}

/** Looks whether a plugin can make the backend that the options describe. */
async function examine(plugin: BackendPlugin, options: unknown): Promise<Availability> {
  const reason = engineFault(plugin, options);
  return reason === undefined ? plugin.isAvailable(options) : { available: false, reason };
}

async function load(name: string, importer: Importer, options: unknown): Promise<Candidate> {
  const specifier = packageOf(name);
  let module: unknown;
  try {
    module = await importer(specifier);
  } catch (error) {
    if (!isNotFound(error, specifier)) {
      const reason = `the package ${specifier} failed to load: ${error instanceof Error ? error.message : String(error)}`;
      return { name, availability: { available: false, reason } };
    }
    const reason = `the package ${specifier} is not installed`;
    // Of another name nobody knows whose package it is: to install it may run a stranger's code.
    const isOwn = specifier !== name;
    const fix = `Install it: npm install ${specifier}`;
    return { name, availability: { available: false, reason, ...(isOwn && { fix }) } };
  }
  const plugin = (module as { backend?: unknown }).backend;
  if (!isPlugin(plugin)) {
    const reason = `the package ${specifier} exports no \`backend\` made by defineBackend`;
    return { name, availability: { available: false, reason } };
  }
  return { name, plugin, availability: await examine(plugin, options) };
}

/** Why a candidate cannot be used; `undefined` if it can. `auto` also passes over software adapters. */
function objection({ availability }: Candidate, auto: boolean): string | undefined {
  if (!availability.available) return availability.reason;
  if (auto && availability.software) return `only a software adapter was found (${availability.description})`;
  return undefined;
}

/**
 * Looks at each backend of this project, in the order of `auto`. Nothing is created.
 *
 * @param options those that each would be created with.
 */
export async function probeBackends(
  importer: Importer = defaultImporter,
  options?: unknown,
): Promise<readonly (Candidate & { skipped?: string })[]> {
  const candidates: (Candidate & { skipped?: string })[] = [];
  for (const name of knownBackends) {
    const candidate = await load(name, importer, options);
    candidates.push({ ...candidate, skipped: objection(candidate, true) });
  }
  return candidates;
}

/**
 * Makes a backend.
 *
 * - `'auto'` takes the first of {@link knownBackends} that can run here.
 * - A name (`'wasm'`) means the package `@attune/backend-wasm`; any other text is the name of a package.
 * - Plugins that were imported already are used as they are, the first that can run here. A bundled app does this.
 *
 * @throws AttuneError UNKNOWN_BACKEND if no such package is installed, BACKEND_UNAVAILABLE if none can run here: the
 * message gives the reason for each.
 */
export async function createBackend(
  selection: BackendSelection = 'auto',
  { importer = defaultImporter, options, onSkip }: CreateBackendOptions = {},
): Promise<Backend> {
  const auto = selection === 'auto';
  const names: readonly string[] = auto ? knownBackends : typeof selection === 'string' ? [selection] : [];
  const plugins = typeof selection === 'string' ? [] : isPlugin(selection) ? [selection] : selection;
  const passedOver: string[] = [];

  const attempt = async (candidate: Candidate): Promise<Backend | undefined> => {
    const reason = objection(candidate, auto);
    if (reason === undefined) {
      try {
        return await candidate.plugin!.create(options);
      } catch (error) {
        if (!isAttuneError(error, 'BACKEND_UNAVAILABLE')) throw error;
        passedOver.push(`${candidate.name}: ${error.message}`);
        onSkip?.(candidate.name, error.message, candidate.availability);
        return undefined;
      }
    }
    const fix = !candidate.availability.available && candidate.availability.fix;
    passedOver.push(`${candidate.name}: ${reason}${fix && !auto ? `. ${fix}` : ''}`);
    onSkip?.(candidate.name, reason, candidate.availability);
    return undefined;
  };

  for (const name of names) {
    const candidate = await load(name, importer, options);
    const backend = await attempt(candidate);
    if (backend) return backend;
    if (!auto && !candidate.plugin) {
      const guess = nearest(name, ['auto', ...knownBackends]);
      const hint = guess && guess !== name ? ` Did you mean "${guess}"?` : '';
      throw new AttuneError('UNKNOWN_BACKEND', `No backend "${name}": ${passedOver.join('; ')}.${hint}`, {
        fix: `Known backends: auto, ${knownBackends.join(', ')}, or the name of an installed package.`,
      });
    }
  }
  for (const plugin of plugins) {
    const availability = await examine(plugin, options);
    const backend = await attempt({ name: plugin.name, plugin, availability });
    if (backend) return backend;
  }
  throw new AttuneError('BACKEND_UNAVAILABLE', `No backend can run here.\n  ${passedOver.join('\n  ')}`, {
    data: { passedOver },
  });
}
