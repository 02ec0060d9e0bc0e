import type { OpName } from '../ops/table.js';
import type { OpNode, Program, ProgramNode, ValueId } from '../program/program.js';
import { sameShape, type Shape } from '../tensor/index.js';
import { elementwiseOps } from './elementwise.js';

/** Neighbouring ops that one loop over the elements of a shape can compute. */
export interface FusionGroup {
  /** Positions of the nodes in the program, in order. The loop runs at the place of the last one. */
  readonly nodes: readonly number[];
  /** The shape of every result in the group. */
  readonly shape: Shape;
  /** Values from outside, each of the shape or broadcast to it. */
  readonly inputs: readonly ValueId[];
  /** Values that something outside needs: the loop has to store them, and no others. */
  readonly outputs: readonly ValueId[];
}

/** Options of {@link fuse}. */
export interface FuseOptions {
  /** Ops that a loop may hold. Default: {@link elementwiseOps}. */
  readonly ops?: ReadonlySet<OpName>;
  /** The most values that a loop may read and write, since a device binds only so many. Default: any number. */
  readonly maxValues?: number;
}

/** Nodes that run as one: a group under construction, or a node by itself. */
interface Unit {
  readonly nodes: number[];
}

/** The node that computes each value. */
function producersOf(program: Program): number[] {
  const producers: number[] = [];
  program.nodes.forEach((node, index) => node.outputs.forEach((id) => (producers[id] = index)));
  return producers;
}

/** The values that pass the border of a group of nodes. */
function borderOf(
  program: Program,
  nodes: readonly number[],
  isNeeded: (id: ValueId, nodes: ReadonlySet<number>) => boolean,
) {
  const members = new Set(nodes);
  const computed = new Set(nodes.flatMap((index) => [...program.nodes[index]!.outputs]));
  const read = new Set(nodes.flatMap((index) => [...program.nodes[index]!.inputs]));
  return {
    inputs: [...read].filter((id) => !computed.has(id)),
    outputs: [...computed].filter((id) => isNeeded(id, members)),
  };
}

/** Tells whether something outside of some nodes needs a value. */
function needs(program: Program): (id: ValueId, nodes: ReadonlySet<number>) => boolean {
  const readers = program.values.map((): number[] => []);
  program.nodes.forEach((node, index) => node.inputs.forEach((id) => readers[id]!.push(index)));
  const results = new Set([...Object.values(program.outputs), ...Object.values(program.updates)]);
  return (id, nodes) => results.has(id) || readers[id]!.some((reader) => !nodes.has(reader));
}

/**
 * Finds ops that an engine may run as one loop: elementwise, of one shape, each reading what another has computed. It is
 * data: an engine may take a group, a part of it, or none. {@link fusionFaults} checks that groups are legal.
 *
 * A node joins the group of one of its inputs unless a way leads from that group to the node around it, through a node that
 * would then have to run both after the group and before it.
 */
export function fuse(
  program: Program,
  { ops = elementwiseOps, maxValues = Infinity }: FuseOptions = {},
): FusionGroup[] {
  const producers = producersOf(program);
  const isNeeded = needs(program);
  const units: Unit[] = [];
  const shapeAt = (index: number) => program.values[program.nodes[index]!.outputs[0]!]!.shape;
  const isElementwise = (node: ProgramNode): node is OpNode => node.kind === 'op' && ops.has(node.op);

  /** True if a unit comes, by way of others, before a node that is yet to join it. */
  const leadsAround = (unit: Unit, node: OpNode): boolean => {
    const first = unit.nodes[0]!;
    const seen = new Set<Unit>();
    const pending = node.inputs.map((id) => units[producers[id]!]!).filter((other) => other !== unit);
    for (let other = pending.pop(); other; other = pending.pop()) {
      // What has run before the unit's first node depends on none of its nodes.
      if (seen.has(other) || other.nodes.at(-1)! < first) continue;
      seen.add(other);
      for (const index of other.nodes) {
        for (const id of program.nodes[index]!.inputs) {
          const before = units[producers[id]!]!;
          if (before === unit) return true;
          if (before !== other) pending.push(before);
        }
      }
    }
    return false;
  };

  program.nodes.forEach((node, index) => {
    units[index] = { nodes: [index] };
    if (!isElementwise(node)) return;
    for (const id of node.inputs) {
      const unit = units[producers[id]!]!;
      if (!isElementwise(program.nodes[unit.nodes[0]!]!)) continue;
      if (!sameShape(shapeAt(unit.nodes[0]!), shapeAt(index)) || leadsAround(unit, node)) continue;
      const { inputs, outputs } = borderOf(program, [...unit.nodes, index], isNeeded);
      if (inputs.length + outputs.length > maxValues) continue;
      unit.nodes.push(index);
      units[index] = unit;
      return;
    }
  });
  return [...new Set(units)]
    .filter(({ nodes }) => nodes.length > 1)
    .map(({ nodes }) => ({ nodes, shape: shapeAt(nodes[0]!), ...borderOf(program, nodes, isNeeded) }));
}

/**
 * An order in which each group runs as a whole, as positions of nodes; `undefined` if there is none, because two groups wait
 * for each other, or a group for itself.
 */
export function fusedOrder(
  program: Program,
  groups: readonly Pick<FusionGroup, 'nodes'>[],
): number[] | undefined {
  const producers = producersOf(program);
  const units: Unit[] = program.nodes.map((_, index) => ({ nodes: [index] }));
  for (const { nodes } of groups) {
    const unit = { nodes: [...nodes] };
    for (const index of nodes) units[index] = unit;
  }
  const pending = [...new Set(units)];
  const done = new Set<Unit>();
  const order: number[] = [];
  while (pending.length > 0) {
    const at = pending.findIndex((unit) =>
      unit.nodes.every((index) =>
        program.nodes[index]!.inputs.every((id) => {
          const before = units[producers[id]!]!;
          return before === unit || done.has(before);
        }),
      ),
    );
    if (at < 0) return undefined;
    const [unit] = pending.splice(at, 1);
    done.add(unit!);
    for (const index of unit!.nodes) order.push(index);
  }
  return order;
}

const sameSet = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((value) => b.includes(value));

/** Every reason why groups cannot each be one loop. An empty list means that they can. */
export function fusionFaults(
  program: Program,
  groups: readonly FusionGroup[],
  options: FuseOptions = {},
): string[] {
  const { ops = elementwiseOps, maxValues = Infinity } = options;
  const faults: string[] = [];
  const isNeeded = needs(program);
  const taken = new Set<number>();
  groups.forEach(({ nodes, shape, inputs, outputs }, i) => {
    const say = (fault: string) => faults.push(`group ${i} ${fault}`);
    if (nodes.some((index, k) => k > 0 && index <= nodes[k - 1]!)) say('is out of order.');
    for (const index of nodes) {
      const node = program.nodes[index];
      if (!node || node.kind !== 'op' || !ops.has(node.op))
        say(`holds node ${index}, which is not elementwise.`);
      else if (!sameShape(program.values[node.outputs[0]!]!.shape, shape))
        say(`holds node ${index}, of another shape.`);
      if (taken.has(index)) say(`holds node ${index}, which another holds.`);
      taken.add(index);
    }
    if (nodes.some((index) => !program.nodes[index])) return;
    const border = borderOf(program, nodes, isNeeded);
    if (!sameSet(border.inputs, inputs)) say('reads other values than it says.');
    if (!sameSet(border.outputs, outputs)) say('stores other values than are needed.');
    if (inputs.length + outputs.length > maxValues) say(`reads and writes more than ${maxValues} values.`);
  });
  if (faults.length === 0 && !fusedOrder(program, groups)) faults.push('The groups wait for each other.');
  return faults;
}
