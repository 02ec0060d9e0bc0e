/**
 * Folders on disk: reading, writing whole or not at all, and locks.
 *
 * @packageDocumentation
 */
export { diskFolder } from './disk-folder.js';
export { exists } from './exists.js';
export { LOCK_FILE, lockFolder } from './folder-lock.js';
export { openLogFile, truncateFile } from './log-file.js';
export { makeFolder } from './make-folder.js';
export { openFile } from './open-file.js';
export { checkOwnEntry } from './own-entry.js';
export { createOwner, stateOfOwner } from './owner.js';
export { isAlive, processStartTime } from './process.js';
export { readJsonFile, readTextFile } from './read-file.js';
export { recoverWrites } from './recover.js';
export { removePath } from './remove.js';
export { checkReplaceable, type ExportedFolder } from './replaceable.js';
export { SameFolder } from './same-folder.js';
export { hashFile, hashPieces } from './sha256.js';
export { removeLeftBehind, temporaryPath } from './temporary.js';
export { TrialDisk, type TrialChange } from './trial-disk.js';
export { replaceAtomically, writeFileAtomically } from './write-file.js';
export { listFolder, writeFolderAtomically } from './write-folder.js';
