export { AttuneError, isAttuneError, withoutFix, type ErrorDetails } from './attune-error.js';
export { errorCodes, type ErrorCode } from './codes.js';
export { didYouMean, nearest } from './suggest.js';
export { fileReadError, fileWriteError, messageOf, systemCode } from './file-errors.js';
export { listFaults } from './faults.js';
