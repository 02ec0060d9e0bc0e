export { exampleFileNames, findExampleFiles, type ExampleFiles } from './example-files.js';
export type {
  ExamplePart,
  ExamplesReport,
  FileReport,
  OpenExamples,
  OpenExamplesOptions,
} from '../../examples/index.js';
export { openExamples } from './open-examples.js';
export { readExampleFile } from './read-example-file.js';
export { readJsonLines } from './read-json-lines.js';
