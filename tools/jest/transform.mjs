import { compiled, keyOf } from './compile.mjs';

/** Hands jest the JavaScript of a TypeScript file, from the place that all projects share. */
export default {
  getCacheKeyAsync: async (text, fileName) => keyOf(fileName, text),
  processAsync: async (text, fileName) => ({ code: await compiled(fileName, text) }),
};
