/**
 * Curves of training runs: a live page, reports, TensorBoard event files, CSV and plots in the terminal.
 *
 * @packageDocumentation
 */
export {};
