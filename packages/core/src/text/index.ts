export { mayBacktrackForever } from './backtracking.js';
