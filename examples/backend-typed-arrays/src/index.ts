/**
 * The typed-arrays backend.
 *
 * @packageDocumentation
 */
export { backend } from './backend.js';
