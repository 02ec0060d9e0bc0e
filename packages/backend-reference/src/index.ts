/**
 * The specification, as a backend: the core's interpreter, naive and readable. Every other backend is held against it.
 *
 * @packageDocumentation
 */
export { backend, type ReferenceOptions } from './backend.js';
