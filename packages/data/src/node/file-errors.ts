import { AttuneError } from '@attune/core';

/** The error code of a failed call of `node:fs`, e.g. `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return property(error, 'code');
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return property(error, 'message') ?? String(error);
}

// Not by instanceof Error: in a vm context, as tests are run, errors of node:fs are of another realm.
function property(error: unknown, key: 'code' | 'message'): string | undefined {
  const value =
    typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/**
 * What a failed attempt to read becomes: FILE_NOT_FOUND where there is nothing to read at this path.
 *
 * @param fix what to do where nothing is there.
 */
export function readError(path: string, cause: unknown, fix: string): AttuneError {
  switch (systemCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AttuneError('FILE_NOT_FOUND', `${path} does not exist.`, { fix, cause });
    case 'EISDIR':
      return new AttuneError('FILE_NOT_FOUND', `${path} is a folder, not a file.`, { fix, cause });
    default:
      return new AttuneError('FILE_NOT_FOUND', `${path} cannot be read: ${messageOf(cause)}.`, {
        fix: 'Check that the file is readable.',
        cause,
      });
  }
}

/** What a failed attempt to write becomes. */
export function writeError(path: string, cause: unknown): AttuneError {
  return new AttuneError('FILE_WRITE', `${path} cannot be written: ${messageOf(cause)}.`, {
    fix: 'Check that the folder is writable and that there is room on the disk.',
    cause,
  });
}
