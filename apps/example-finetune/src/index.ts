/**
 * Fine-tuning end to end: a small model is pretrained on stories, and learns to answer questions about others – with all its
 * weights, with some of them frozen, with low-rank adapters, and with a new head that tells them apart.
 *
 * @packageDocumentation
 */
export { answerAll, exactMatch, type Answer, type Answering } from './answers.js';
export { runExample, table, type ExampleOptions, type Outcome } from './run.js';
export { animals, questions, storyText, type PretrainingText, type RowCounts, type Rows } from './tasks.js';
export { train, type Schedule, type Training } from './train.js';
