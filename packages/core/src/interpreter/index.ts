export { interpret, type InterpretedResults } from './interpret.js';
