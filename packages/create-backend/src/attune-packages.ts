import { readdirSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { AttuneError, messageOf } from '@attune/core';
import type { AttunePackages } from './plugin-files.js';

/** The packages that a plugin imports, and those that they bring: a tarball is needed of each. */
const packages = {
  dependencies: ['@attune/core'],
  devDependencies: ['@attune/backend-testkit'],
  brought: ['@attune/nn'],
} as const;

/** The version of this package, which all of attune's share. */
export function ownVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Attune's packages as npm's registry has them. */
export function fromRegistry(version = ownVersion()): AttunePackages {
  const versions = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, `^${version}`]));
  return {
    dependencies: versions(packages.dependencies),
    devDependencies: versions(packages.devDependencies),
  };
}

/**
 * Attune's packages from a folder of tarballs, as `npm pack` names them.
 *
 * @param folder the tarballs.
 * @param target the folder of the plugin, from which they are addressed.
 * @throws AttuneError FILE_READ if there is no such folder, FILE_NOT_FOUND that lists the tarballs it lacks.
 */
export function fromTarballs(folder: string, target: string, version = ownVersion()): AttunePackages {
  let files: Set<string>;
  try {
    files = new Set(readdirSync(folder));
  } catch (error) {
    throw new AttuneError(
      'FILE_READ',
      `--packages ${folder} is no folder that can be read: ${messageOf(error)}.`,
      {
        fix: 'Give the folder that `npm pack --pack-destination` wrote to.',
        cause: error,
      },
    );
  }
  const fileOf = (name: string) => `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
  const missing = Object.values(packages)
    .flat()
    .filter((name) => !files.has(fileOf(name)));
  if (missing.length > 0) {
    const list = missing.map((name) => `${fileOf(name)} (${name})`).join(', ');
    throw new AttuneError('FILE_NOT_FOUND', `--packages ${folder} lacks ${list}.`, {
      fix: 'Pack these with npm pack; without --packages they come from the registry.',
      data: { missing },
    });
  }
  const from = relative(resolve(target), resolve(folder)).replaceAll('\\', '/');
  const addresses = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, `file:${from}/${fileOf(name)}`]));
  return {
    dependencies: addresses(packages.dependencies),
    devDependencies: addresses([...packages.devDependencies, ...packages.brought]),
  };
}
