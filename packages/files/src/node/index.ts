/**
 * Folders on disk: reading, writing whole or not at all, and locks.
 *
 * @packageDocumentation
 */
export { diskFolder } from './disk/disk-folder.js';
export { TrialDisk, type TrialChange } from './disk/trial-disk.js';
export { LOCK_FILE, lockFolder } from './lock/folder-lock.js';
export { SameFolder } from './lock/same-folder.js';
export { createOwner, stateOfOwner } from './process/owner.js';
export { isAlive, processStartTime } from './process/process.js';
export { exists } from './read/exists.js';
export { openFile } from './read/open-file.js';
export { checkOwnEntry } from './read/own-entry.js';
export { readJsonFile, readTextFile } from './read/read-file.js';
export { hashFile, hashPieces } from './read/sha256.js';
export { openLogFile, truncateFile } from './write/log-file.js';
export { makeFolder } from './write/make-folder.js';
export { recoverWrites } from './write/recover.js';
export { removePath } from './write/remove.js';
export { checkReplaceable, type ExportedFolder } from './write/replaceable.js';
export { removeLeftBehind, temporaryPath } from './write/temporary.js';
export { replaceAtomically, writeFileAtomically } from './write/write-file.js';
export { listFolder, writeFolderAtomically } from './write/write-folder.js';
