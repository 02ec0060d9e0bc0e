export { type TextUse } from './file-kind.js';
export { notJsonLines, oneObjectALine, type NotJsonLines } from './row-kind.js';
export { notUtf8Fix, textBytes, type TextBytesOptions } from './text-bytes.js';
