import { AttuneError } from './attune-error.js';

/** The error code of a failed system call, e.g. `ENOENT`. By its shape: Node's errors may be of another realm. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/**
 * The error of a failed read: FILE_NOT_FOUND where nothing is there, FILE_READ where something is.
 *
 * @param fix what to do where nothing is there, or a folder where a file is expected.
 */
export function fileReadError(path: string, cause: unknown, fix?: string): AttuneError {
  if (cause instanceof AttuneError) return cause;
  const unreadable = (what: string, todo = fix) =>
    new AttuneError('FILE_READ', `${path} ${what}.`, { fix: todo, cause });
  switch (systemCode(cause)) {
    case 'ENOENT':
      return new AttuneError('FILE_NOT_FOUND', `${path} does not exist.`, { fix, cause });
    case 'ENOTDIR':
      // Listing a file says so, and looking for something below one.
      return (cause as { readonly syscall?: unknown }).syscall === 'scandir'
        ? unreadable('is not a folder')
        : new AttuneError('FILE_NOT_FOUND', `${path} does not exist.`, { fix, cause });
    case 'EISDIR':
      return unreadable('is a folder, not a file');
    case 'EACCES':
    case 'EPERM':
      return unreadable(
        `may not be read: ${messageOf(cause)}`,
        'Ask its owner for the right to read it, and to enter the folders it is in.',
      );
    case 'ELOOP':
      return unreadable('is a link that leads back to itself', 'Replace it by the file that it points to.');
    case 'EMFILE':
    case 'ENFILE':
      return unreadable(
        `cannot be opened: ${messageOf(cause)}`,
        'Allow more open files (ulimit -n), or close other programs.',
      );
    default:
      return unreadable(
        `cannot be read: ${messageOf(cause)}`,
        'Check the disk or network drive that it is on.',
      );
  }
}

/** The error of a failed write: FILE_WRITE. Errors of ours, e.g. of the tensors written, stay what they are. */
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
    case 'ENOENT':
      return ['its folder does not exist', 'Make the folder, or choose another.'];
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return [messageOf(cause), 'Choose a folder that you may write to.'];
    case 'ENOSPC':
    case 'EDQUOT':
      return [messageOf(cause), 'Free some disk space, or choose another disk.'];
    default:
      return [messageOf(cause), 'Check that the folder is writable and that the disk is not full.'];
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
}
