/**
 * Runs on this machine's disk.
 *
 * @packageDocumentation
 */
export { diskHost, type DiskHostParts } from './disk-host.js';
export { locateBase } from './locate-base.js';
