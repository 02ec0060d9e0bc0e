import { AttuneError, knownBackends } from '@attune/core';

/** The names of a plugin. */
export interface PluginNames {
  /** The npm package: `@me/backend-metal`. */
  readonly package: string;
  /** The folder that it is written to, unless another is chosen: `backend-metal`. */
  readonly folder: string;
  /** The backend's own name, as `Backend.name` and reports have it: `metal`. */
  readonly kebab: string;
  /** The name of functions: `metal`, `squareRoot` of `square-root`. */
  readonly camel: string;
}

/** Names of npm packages as the registry takes them, which are folders and parts of commands as well. */
const PACKAGE = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;
const MAX_LENGTH = 214;

/** A name in camel case, of one whose words are joined by `-`. */
export const camelOf = (kebab: string): string =>
  kebab.replace(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

/** The nearest name that npm takes. */
function suggestionFor(name: string): string {
  const part = (text: string) =>
    text
      .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
      .toLowerCase()
      .replace(/[^a-z0-9.]+/g, '-')
      .replace(/^[^a-z]+|[^a-z0-9]+$/g, '')
      .slice(0, 60);
  const [, scope, rest] = /^(?:@([^/]*)\/)?(.*)$/s.exec(name)!;
  const own = part(rest!) || 'my-backend';
  return scope !== undefined && part(scope) ? `@${part(scope)}/${own}` : own;
}

/**
 * The names of a plugin, of that of its package.
 *
 * @throws AttuneError INVALID_ARGUMENT if npm would not take the name, or attune has a backend of that name; a name that would do
 * is suggested.
 */
export function pluginNames(name: string): PluginNames {
  const refuse = (why: string, suggestion: string): never => {
    throw new AttuneError('INVALID_ARGUMENT', `${JSON.stringify(name)} ${why}.`, {
      fix: `Try ${suggestion}.`,
      data: { suggestion },
    });
  };
  if (!PACKAGE.test(name) || name.length > MAX_LENGTH) {
    const rule = 'lower-case letters, digits, "-", "_" and ".", with a scope or without';
    refuse(`is no name of an npm package, which has ${rule}`, suggestionFor(name));
  }
  if (['auto', ...knownBackends].includes(name))
    refuse('is what attune calls a backend of its own', `my-${name}`);
  const folder = name.replace(/^@[^/]+\//, '');
  const kebab = folder
    .replace(/^(attune-)?(backend-)?(?=[a-z])/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');
  if (!/^[a-z]/.test(kebab)) {
    refuse(
      'does not begin with a letter, as the functions that are named after it have to',
      suggestionFor(name),
    );
  }
  return { package: name, folder, kebab, camel: camelOf(kebab) };
}
