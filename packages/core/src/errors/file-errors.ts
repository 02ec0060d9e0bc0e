import { AttuneError } from './attune-error.js';

/** The error code of a failed system call, e.g. `ENOENT`. By its shape: Node's errors may be of another realm. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/**
 * What a failed attempt to read becomes: FILE_NOT_FOUND.
 *
 * @param fix what to do where nothing is there.
 */
export function fileReadError(path: string, cause: unknown, fix?: string): AttuneError {
  if (cause instanceof AttuneError) return cause;
  switch (systemCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AttuneError('FILE_NOT_FOUND', `${path} does not exist.`, { fix, cause });
    case 'EISDIR':
      return new AttuneError('FILE_NOT_FOUND', `${path} is a folder, not a file.`, { fix, cause });
    default:
      return new AttuneError('FILE_NOT_FOUND', `${path} cannot be read: ${messageOf(cause)}.`, {
        fix: 'Check that it is readable.',
        cause,
      });
  }
}

/** What a failed attempt to write becomes: FILE_WRITE. Errors of ours, e.g. of the tensors written, stay what they are. */
export function fileWriteError(path: string, cause: unknown): AttuneError {
  if (cause instanceof AttuneError) return cause;
  return new AttuneError('FILE_WRITE', `${path} cannot be written: ${messageOf(cause)}.`, {
    fix: 'Check that the folder is writable and that there is room on the disk.',
    cause,
  });
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
}
