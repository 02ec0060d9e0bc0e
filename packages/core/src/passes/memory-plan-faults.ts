import { resultsOf, type OpNode, type Program, type ValueId } from '../program/program.js';
import { bytesOf } from '../tensor/index.js';
import { isView, overwritesSafely, type MemoryPlan, type MemoryPlanOptions } from './plan-memory.js';

/** A value that lies in the arena, and has not been overwritten. */
interface Content {
  readonly id: ValueId;
  readonly start: number;
  readonly end: number;
}

/** Values that lie in memory of the state: the state's own, and views of them. */
function valuesOfState(program: Program): ReadonlySet<ValueId> {
  const outside = new Set<ValueId>();
  for (const node of program.nodes) {
    const isOutside =
      node.kind === 'state' || (node.kind === 'op' && isView(node) && outside.has(node.inputs[0]!));
    if (isOutside) outside.add(node.outputs[0]!);
  }
  return outside;
}

/** Faults of where values lie: no place, out of bounds, out of line. */
function faultsOfPlaces(program: Program, { bytes, offsets }: MemoryPlan, alignment: number): string[] {
  const outside = valuesOfState(program);
  const computed = program.nodes.flatMap(({ outputs }) => [...outputs]);
  return computed.flatMap((id) => {
    const offset = offsets[id];
    if (outside.has(id)) return offset === undefined ? [] : [`value ${id} is the state's, but has a place.`];
    if (offset === undefined) return [`value ${id} has no place.`];
    const faults: string[] = [];
    if (offset < 0 || offset + bytesOf(program.values[id]!) > bytes)
      faults.push(`value ${id} is out of the arena.`);
    if (offset % alignment !== 0) faults.push(`value ${id} is not aligned to ${alignment}.`);
    return faults;
  });
}

/**
 * Every fault of a plan, by replaying it: which value each node reads, and whether it is still there; what it overwrites,
 * and whether it may. It shares nothing with {@link planMemory} but the rules of which ops are views and which may overwrite
 * an input. An empty list means that a run which follows the plan never reads what was overwritten.
 */
export function memoryPlanFaults(
  program: Program,
  plan: MemoryPlan,
  options: MemoryPlanOptions = {},
): string[] {
  const { alignment = 64, mayOverwrite = overwritesSafely(program) } = options;
  const faults = faultsOfPlaces(program, plan, alignment);
  const outside = valuesOfState(program);
  let contents: Content[] = [];
  const contentOf = (id: ValueId): Content => {
    const start = plan.offsets[id] ?? 0;
    return { id, start, end: start + bytesOf(program.values[id]!) };
  };
  const isThere = (id: ValueId) =>
    outside.has(id) || bytesOf(program.values[id]!) === 0 || contents.some((content) => content.id === id);
  const overlaps = (a: Content, b: Content) => a.start < b.end && b.start < a.end;

  program.nodes.forEach((node, index) => {
    const where = `node ${index} (${node.op ?? node.kind})`;
    for (const id of new Set<ValueId>(node.inputs)) {
      if (!isThere(id)) faults.push(`${where} reads value ${id}, which was overwritten.`);
    }
    if (node.kind === 'op' && isView(node)) {
      const [base, view] = [contentOf(node.inputs[0]!), contentOf(node.outputs[0]!)];
      if (outside.has(view.id)) return;
      if (base.start !== view.start) faults.push(`${where} is a view that lies elsewhere.`);
      contents.push(view);
      return;
    }
    const written = node.outputs.filter((id) => !outside.has(id)).map(contentOf);
    for (const content of written) {
      for (const old of contents.filter((other) => overlaps(other, content))) {
        if (node.kind !== 'op') continue;
        const inputs = [...node.inputs.entries()].filter(
          ([, id]) => overlaps(contentOf(id), old) && !outside.has(id),
        );
        for (const [input, id] of inputs) {
          if (!mayWriteOver(node, input, contentOf(id), content)) {
            faults.push(`${where} overwrites value ${id} while it reads it.`);
          }
        }
      }
      contents = contents.filter((other) => !overlaps(other, content));
    }
    written.forEach((content, i) => {
      const other = written.slice(0, i).find((earlier) => overlaps(earlier, content));
      if (other) faults.push(`${where} writes values ${other.id} and ${content.id} to one place.`);
      contents.push(content);
    });
  });
  for (const id of new Set(resultsOf(program))) {
    if (!isThere(id)) faults.push(`result ${id} was overwritten.`);
  }
  return faults;

  /** True if a node may write a result where one of its inputs lies: in the very same place, by an op that allows it. */
  function mayWriteOver(node: OpNode, input: number, own: Content, result: Content): boolean {
    if (!overlaps(own, result)) return true;
    return own.start === result.start && result.id === node.outputs[0] && mayOverwrite(node, input);
  }
}
