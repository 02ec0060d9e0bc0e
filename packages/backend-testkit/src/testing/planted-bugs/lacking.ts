import { engineBackend, opNames, type Backend, type Capabilities } from '@attune/core';
import { interpreterEngine } from '../interpreter-engine.js';
import type { PlantedBug } from './bug.js';

/** Ops that a backend says it lacks. */
const LACKING: Capabilities['unsupported'] = {
  maximum: 'no kernel for the larger of two',
  scatterAdd: 'additions race on this device',
};

/** A backend that lacks ops, and refuses them. */
export const lackingBackend = (unsupported = LACKING): Backend =>
  engineBackend(
    interpreterEngine({
      native: opNames.filter((op) => unsupported[op] === undefined),
      capabilities: { unsupported },
    }),
  );

/** Backends that compile what they say they lack. */
export const lackingBugs: readonly PlantedBug[] = Object.keys(LACKING).map((op) => ({
  bug: `accepts ${op}, which it says it lacks`,
  caughtBy: new RegExp(`compile.*refuses ${op}`),
  create: (): Backend => {
    const { [op as 'maximum']: _accepted, ...unsupported } = LACKING;
    const backend = lackingBackend(unsupported);
    return { ...backend, capabilities: { ...backend.capabilities, unsupported: LACKING } };
  },
}));
