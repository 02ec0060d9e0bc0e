import type { PlantedBug } from './bug.js';
import { contractBugs } from './contract.js';
import { commitBugs, guardBugs } from './guards.js';
import { identityBugs } from './identity.js';
import { isolationBugs } from './isolation.js';
import { nanBugs } from './nan.js';
import { instanceBugs, ownershipBugs } from './ownership.js';
import { overflowBugs } from './overflow.js';
import { precisionBugs, tileBugs } from './products.js';
import { sizeBugs } from './sizes.js';
import { staleBugs } from './stale.js';
import { viewBugs } from './views.js';
import { wholeNumberBugs } from './whole-numbers.js';

export type { PlantedBug } from './bug.js';
export { lackingBackend, lackingBugs } from './lacking.js';
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
  ...identityBugs,
  ...ownershipBugs,
  ...instanceBugs,
  ...staleBugs,
  ...viewBugs,
  ...wholeNumberBugs,
  ...precisionBugs,
];
