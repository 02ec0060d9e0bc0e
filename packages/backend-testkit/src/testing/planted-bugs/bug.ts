import { engineBackend, type Backend, type NdArray, type OpName } from '@attune/core';
import { interpreterEngine, type Computation, type Fault } from '../interpreter-engine.js';

/** A bug, and the test of the kit that has to find it. */
export interface PlantedBug {
  readonly bug: string;
  readonly create: () => Backend;
  /** Matches the names of tests that see it. All that match are run; one of them has to fail. */
  readonly caughtBy: RegExp;
}

export const engineWith = (fault: () => Fault) => () => engineBackend(interpreterEngine(fault()));

export const bug = (text: string, caughtBy: RegExp, fault: Fault | (() => Fault)): PlantedBug => ({
  bug: text,
  caughtBy,
  create: engineWith(typeof fault === 'function' ? fault : () => fault),
});

/** Changes what an op computes, element by element, from what is right. */
export const element =
  (ops: readonly OpName[], change: (value: number, index: number, node: Computation) => number) =>
  (node: Computation): NdArray[] | undefined =>
    ops.includes(node.op) ? node.right().map((array) => array.map((x, i) => change(x, i, node))) : undefined;
