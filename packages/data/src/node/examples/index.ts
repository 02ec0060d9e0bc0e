export { findExampleFiles, type ExampleFiles } from './example-files.js';
export { readExampleFile } from './read-example-file.js';
