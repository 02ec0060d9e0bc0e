export { classificationDataset, type ClassificationDatasetOptions } from './classification-dataset.js';
export {
  encodeExamples,
  overlengthPolicies,
  type EncodeExamplesOptions,
  type EncodingCounts,
  type EncodingResult,
  type OverlengthPolicy,
  type RefusedRow,
} from './encode-examples.js';
export { ExampleStore, type EncodedExamples, type RowFacts, type StoredExample } from './encoded-examples.js';
export { exampleSamplings, type ExampleSampling } from './epoch-order.js';
export {
  exampleDataset,
  exampleEvaluation,
  type ExampleDataset,
  type ExampleDatasetOptions,
} from './example-dataset.js';
export { rowLimits } from './example-length.js';
export { detectFormat, ExampleReader, type ExampleReaderOptions } from './example-reader.js';
export type { EncodedExample, Example, ExampleRow, Label, Message, RowPlace } from './example.js';
export {
  exampleFormats,
  type Columns,
  type DetectedFormat,
  type ExampleFormat,
  type FormatOptions,
} from './formats.js';
export { jsonLines, type JsonLinesOptions, type JsonRow } from './json-lines.js';
export { labelSetOf, type LabelSet } from './labels.js';
export { JsonText } from './json-text.js';
export type { NumberedDataset } from './numbered-batches.js';
export {
  exampleSource,
  openExampleParts,
  readExampleRows,
  type ExamplePart,
  type ExampleSource,
  type ExamplesReport,
  type FileReport,
  type OpenExamples,
  type OpenExamplesOptions,
} from './open-parts.js';
export type { ReadRowOptions } from './read-row.js';
export { splitRows, type SplitRows } from './split.js';
export {
  exampleStatistics,
  leakage,
  lengthStatistics,
  type ReportedTokens,
  type ExampleStatistics,
  type Leakage,
  type LengthStatistics,
} from './statistics.js';
