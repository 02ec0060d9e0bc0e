export { mayBacktrackForever } from './backtracking.js';
export { parseJson } from './parse-json.js';
