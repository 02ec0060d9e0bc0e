export { evaluationImages } from './evaluation-images.js';
export { idxImages, parseIdx, type IdxArray, type IdxFiles } from './idx.js';
export { imageDataset, type ImageDatasetOptions } from './image-dataset.js';
export { type ImageSet } from './image-set.js';
