export {
  classificationDataset,
  type ClassificationDatasetOptions,
} from './batches/classification-dataset.js';
export {
  encodeExamples,
  overlengthPolicies,
  type EncodeExamplesOptions,
  type EncodingCounts,
  type EncodingResult,
  type OverlengthPolicy,
  type RefusedRow,
} from './encoding/encode-examples.js';
export {
  ExampleStore,
  type EncodedExamples,
  type RowFacts,
  type StoredExample,
} from './encoding/encoded-examples.js';
export { exampleSamplings, type ExampleSampling } from './batches/epoch-order.js';
export {
  exampleDataset,
  exampleEvaluation,
  type ExampleDataset,
  type ExampleDatasetOptions,
} from './batches/example-dataset.js';
export { rowLimits } from './encoding/example-length.js';
export { detectFormat, ExampleReader, type ExampleReaderOptions } from './rows/example-reader.js';
export type { EncodedExample, Example, ExampleRow, Label, Message, RowPlace } from './rows/example.js';
export {
  exampleFormats,
  type Columns,
  type DetectedFormat,
  type ExampleFormat,
  type FormatOptions,
} from './rows/formats.js';
export { jsonLines, type JsonLinesOptions, type JsonRow } from './rows/json-lines.js';
export { labelSetOf, type LabelSet } from './encoding/labels.js';
export { JsonText } from './rows/json-text.js';
export type { NumberedDataset } from './batches/numbered-batches.js';
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
export type { ReadRowOptions } from './rows/read-row.js';
export { splitRows, type SplitRows } from './split.js';
export {
  exampleStatistics,
  leakage,
  lengthStatistics,
  type ReportedTokens,
  type ExampleStatistics,
  type Leakage,
  type LengthStatistics,
} from './encoding/statistics.js';
