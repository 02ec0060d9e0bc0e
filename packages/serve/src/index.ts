/**
 * An OpenAI-compatible server of models and adapters, which answers many requests in one batch.
 *
 * @packageDocumentation
 */
export {};
