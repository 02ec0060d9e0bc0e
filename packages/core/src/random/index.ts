export { keepMask } from './keep-mask.js';
export { philox4x32 } from './philox.js';
export { Random, type RandomState } from './random.js';
