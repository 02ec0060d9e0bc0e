export { exampleFileNames, findExampleFiles, type ExampleFiles } from './example-files.js';
export {
  openExamples,
  type ExamplePart,
  type ExamplesReport,
  type FileReport,
  type OpenExamples,
  type OpenExamplesOptions,
} from './open-examples.js';
export { readExampleFile } from './read-example-file.js';
export { readJsonLines } from './read-json-lines.js';
