import type { IndexInput } from '../ops/define.js';
import type { OpName } from '../ops/table.js';
import type { Program, ValueId } from '../program/program.js';
import { opDefinition } from './op-definition.js';

/** The bounds of a feed's values, which an op takes as indices. */
export interface FeedBound extends Omit<IndexInput, 'input'> {
  readonly feed: string;
  readonly op: OpName;
}

/** Ops that hand on every value that they are given, and no other. */
const carriers: ReadonlySet<OpName> = new Set(['reshape', 'transpose', 'broadcastTo', 'stopGradient']);

/** The bounds of the feeds that reach an op as indices unchanged. What a program computes first is not looked into. */
export function feedBounds(program: Program): FeedBound[] {
  const fed = new Map<ValueId, string>();
  const bounds = new Map<string, FeedBound>();
  for (const node of program.nodes) {
    if (node.kind === 'feed') fed.set(node.outputs[0], node.name);
    if (node.kind !== 'op') continue;
    const { op, attrs, inputs, outputs } = node;
    const carried = carriers.has(op) ? fed.get(inputs[0]!) : undefined;
    if (carried !== undefined) fed.set(outputs[0]!, carried);

    const specs = inputs.map((id) => program.values[id]!);
    const taken = opDefinition(op).indices(specs, attrs);
    const feed = taken && fed.get(inputs[taken.input]!);
    if (!taken || feed === undefined) continue;
    const { limit, ignored } = taken;
    const key = JSON.stringify([feed, limit, ignored]);
    // The gradient of an op has the bounds of the op.
    if (!bounds.has(key)) bounds.set(key, { feed, op, limit, ...(ignored !== undefined && { ignored }) });
  }
  return [...bounds.values()];
}
