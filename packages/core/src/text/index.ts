export { mayBacktrackForever } from './backtracking.js';
export { parseJson } from './parse-json.js';
export { shortened } from './shortened.js';
