export { duplicateKey, endOfJsonString } from './duplicate-key.js';
export { parseJson } from './parse-json.js';
export { plural } from './plural.js';
export { controlCharacters, quoted, withControlsWrittenOut } from './printable.js';
export { shellWord } from './shell-word.js';
export { shortened } from './shortened.js';
export { shownValue } from './shown-value.js';
