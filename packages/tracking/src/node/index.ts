/**
 * Files of metrics on disk.
 *
 * @packageDocumentation
 */
export {};
