/**
 * Fine-tuning end to end: a small model is pretrained on stories, and learns to answer questions about others – with all its
 * weights, with some of them frozen, with low-rank adapters, and with a new head that tells them apart.
 *
 * @packageDocumentation
 */
export { accuracyOf, answerAll, exactMatch, type Answer, type Examinee } from './answers.js';
export { runExample, table, type ExampleOptions, type Outcome, type Schedule } from './run.js';
export { writeData, type RowCounts } from './tasks.js';
