/**
 * The server on a port of Node's.
 *
 * @packageDocumentation
 */
export {};
