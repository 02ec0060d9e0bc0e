export type { DescribedTokens, TokenContents, TokenFolderOptions } from './describe-tokens.js';
export { openTokenFolder, type TokenFolder } from './open-token-folder.js';
export { tokenFiles, type TokenFilesOptions } from './token-files.js';
export { writeTokenFolder } from './write-token-folder.js';
