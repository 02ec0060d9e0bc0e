/**
 * The scripts of the live page, as files of this package.
 *
 * @packageDocumentation
 */
export { readLiveScripts } from './live-scripts.js';
