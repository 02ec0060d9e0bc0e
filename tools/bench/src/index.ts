/**
 * The parts of the benchmarks that other tools measure with.
 *
 * @packageDocumentation
 */
export { randomTokens, type RandomTokensOptions } from './random-tokens.js';
export { sizes, type Size } from './sizes.js';
