import type { PlantedBug } from './bug.js';
import { contractBugs } from './contract.js';
import { commitBugs, guardBugs } from './guards.js';
import { isolationBugs } from './isolation.js';
import { nanBugs } from './nan.js';
import { overflowBugs } from './overflow.js';
import { precisionBugs, tileBugs } from './products.js';
import { sizeBugs } from './sizes.js';

export type { PlantedBug } from './bug.js';
export { plantedBugsOf, roundingBackend } from './products.js';

/** One bug or more for each hole that the kit once had. */
export const plantedBugs: readonly PlantedBug[] = [
  ...tileBugs,
  ...overflowBugs,
  ...nanBugs,
  ...isolationBugs,
  ...guardBugs,
  ...commitBugs,
  ...sizeBugs,
  ...contractBugs,
  ...precisionBugs,
];
