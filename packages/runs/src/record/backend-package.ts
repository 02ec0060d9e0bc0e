import { AttuneError, knownBackends } from '@attune/core';
import { ownPackage } from './own-package.js';

/** A plain name of a package: no path, and nothing that begins like a flag. */
const PACKAGE_NAME = /^(@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/i;

/** True if a name stands for a backend of attune's own: `auto`, `cpu`, or `@attune/backend-cpu`. */
export function isOwnBackend(selection: string): boolean {
  return selection === 'auto' || knownBackends.some((name) => [name, ownPackage(name)].includes(selection));
}

/**
 * The package a backend was loaded from.
 *
 * @param selection the value of `--backend`.
 * @param name the backend's own name, which need not be that of its package.
 */
export function packageOfBackend(selection: string, name: string): string {
  const isName = selection === 'auto' || (knownBackends as readonly string[]).includes(selection);
  return isName ? ownPackage(name) : selection;
}

/** Where a file names a backend. */
export interface BackendMention {
  /** Package or name; `undefined` where only the display name was recorded. */
  readonly selection: string | undefined;
  /** The backend's own name, where it is known. */
  readonly displayName?: string;
  /** The file that names it: `runs/a/run.json`. */
  readonly origin: string;
}

/**
 * The backend that a file names. Loading a package runs its code, so a file may name attune's own backends only: run
 * folders and configurations come from strangers, too.
 *
 * @throws AttuneError INVALID_CONFIG that asks for `--backend`.
 */
export function ownBackendOf({ selection, displayName, origin }: BackendMention): string {
  const quoted = JSON.stringify(selection ?? displayName);
  if (selection === undefined) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `${origin} names the backend ${quoted}, which is not one of attune's own, and does not say which package it is from.`,
      {
        fix: 'Give the package with --backend, if you trust it; or choose another backend, as with --backend cpu.',
      },
    );
  }
  if (isOwnBackend(selection)) return selection;
  // A stranger's text is not offered for a shell, unless it is the name of a package.
  const flag = PACKAGE_NAME.test(selection) ? `--backend ${selection}` : 'name it with --backend';
  throw new AttuneError(
    'INVALID_CONFIG',
    `${origin} names a backend that is not one of attune's own: the package ${quoted}. ` +
      'A package is loaded only if you name it yourself.',
    {
      fix: `If you have it installed and trust it: ${flag}. Otherwise choose another, as with --backend cpu.`,
      data: { package: selection },
    },
  );
}

/**
 * Refuses a configuration that names a package of somebody else's, unless the user names a backend.
 *
 * @param stored what the file says.
 * @param given what the user says.
 * @param origin path of the file.
 * @throws AttuneError INVALID_CONFIG.
 */
export function checkStoredBackend(
  stored: { readonly backend?: string | undefined },
  given: { readonly backend?: string | undefined },
  origin: string,
): void {
  if (given.backend === undefined && stored.backend !== undefined) {
    ownBackendOf({ selection: stored.backend, origin });
  }
}
