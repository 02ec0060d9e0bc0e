/**
 * Files of metrics on disk.
 *
 * @packageDocumentation
 */
export { readLiveScripts } from './live-scripts.js';
