import type { NdArray, OpName } from '@attune/core';
import type { Fault } from '../interpreter-engine.js';
import { bug, type PlantedBug } from './bug.js';

/** An op that adds to what is in its memory, which is zero the first time. */
const accumulating = (op: OpName) => (): Fault => {
  const memory = new Map<string, NdArray>();
  return {
    compute: (node) => {
      if (node.op !== op) return undefined;
      return node.right().map((array, i) => {
        const key = `${i} ${array.shape.join()} ${JSON.stringify(node.attrs)}`;
        const before = memory.get(key);
        const sum = array.map((x, at) => x + (before?.data[at] ?? 0));
        memory.set(key, sum);
        return sum;
      });
    },
  };
};

/** Ops whose first run is right, and the second is not. */
export const staleBugs: readonly PlantedBug[] = (
  [
    ['avgPool2d', /ops: images › avgPool2d/],
    ['pad', /ops: shapes › pad/],
    ['concat', /ops: shapes › concat f32/],
    ['rope', /ops: composites › rope/],
    ['max', /ops: reductions › max/],
  ] as const
).map(([op, caughtBy]) => bug(`${op} that adds to what was there`, caughtBy, accumulating(op)));
