import { compositeCases } from './composites.js';
import { elementwiseCases } from './elementwise.js';
import { extremeCases } from './extremes.js';
import { imageCases } from './images.js';
import { indexingCases } from './indexing.js';
import { largeCases } from './large.js';
import { matmulCases } from './matmul.js';
import type { OpCase } from './op-case.js';
import { randomCases } from './random.js';
import { reductionCases } from './reductions.js';
import { shapeCases } from './shapes.js';

/** Every case, by family. Together they name every op. */
export const opCases: Readonly<Record<string, readonly OpCase[]>> = {
  elementwise: elementwiseCases,
  shapes: shapeCases,
  reductions: reductionCases,
  matmul: matmulCases,
  indexing: indexingCases,
  composites: compositeCases,
  images: imageCases,
  random: randomCases,
  extremes: extremeCases,
  large: largeCases,
};
