export type { EncodedExample, Example, ExampleRow, Label, Message, RowPlace } from './example.js';
