/**
 * The server on a port of Node's.
 *
 * @packageDocumentation
 */
export { listen, type Answering, type ListenOptions, type Listening } from './listen.js';
export { isLoopback } from './loopback.js';
export { startGrammarThread } from './constraint/start-grammar-thread.js';
