export { fingerprinted, type UnnamedTokens } from './fingerprinted.js';
export { fingerprintOf, fingerprintWindows, type Window } from './fingerprint.js';
export { joinedTokens } from './joined-tokens.js';
export { memoryTokens, type TokenArray } from './memory-tokens.js';
export { openTokenBytes, openTokenFile, tokensOf, type OpenTokens, type TokenBytes } from './token-bytes.js';
export { HEADER_BYTES, parseTokenHeader, type TokenHeader } from './token-header.js';
export { checkWindow, tokenDType, type Split, type TokenDType, type TokenSource } from './token-source.js';
