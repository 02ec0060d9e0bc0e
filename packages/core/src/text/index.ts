export { parseJson } from './parse-json.js';
export { shortened } from './shortened.js';
export { shownValue } from './shown-value.js';
