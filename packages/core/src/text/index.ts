export { parseJson } from './parse-json.js';
export { shortened } from './shortened.js';
