export { fingerprintOf, fingerprintWindows, type Window } from './fingerprint.js';
export { memoryTokens, type TokenArray } from './memory-tokens.js';
export { checkWindow, tokenDType, type TokenDType, type TokenSource } from './token-source.js';
