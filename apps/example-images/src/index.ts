/**
 * Transfer learning on images: a convolutional network is pretrained on digits, its convolutions are frozen, and a new fully
 * connected layer learns letters.
 *
 * @packageDocumentation
 */
export { pretrain, train, type Schedule, type Trained } from './pretrain.js';
export { runExample, type ExampleOptions } from './run.js';
export { digitsTask, lettersTask, mnistTask, type Task } from './tasks.js';
export { transfer } from './transfer.js';
