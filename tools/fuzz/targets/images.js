/** IDX files of images. */
import { parseIdx } from '../../../packages/data/dist/images/idx.js';

const images = Buffer.concat([
  Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4]),
  Buffer.alloc(32, 7),
]);
const labels = Buffer.concat([Buffer.from([0, 0, 8, 1, 0, 0, 0, 9]), Buffer.alloc(9, 1)]);

export const target = {
  form: 'bytes',
  seeds: [images, labels],
  read(bytes) {
    const { shape, data } = parseIdx(bytes, 'images');
    if (shape.reduce((a, b) => a * b, 1) !== data.length) throw new Error('an array is not of its shape');
  },
};
