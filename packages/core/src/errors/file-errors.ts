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
  const [reason, fix] = whyNotWritten(cause);
  return new AttuneError('FILE_WRITE', `${path} cannot be written: ${reason}.`, { fix, cause });
}

/** Why writing failed, and what to do about it. */
function whyNotWritten(cause: unknown): readonly [reason: string, fix: string] {
  switch (systemCode(cause)) {
    case 'EEXIST':
    case 'ENOTDIR':
      return ['a file is where a folder has to be', 'Choose another name, or move that file away.'];
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return [messageOf(cause), 'Choose a folder that you may write to.'];
    case 'ENOSPC':
    case 'EDQUOT':
      return [messageOf(cause), 'Make room on the disk, or choose another one.'];
    default:
      return [messageOf(cause), 'Check that the folder is writable and that there is room on the disk.'];
  }
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
}
