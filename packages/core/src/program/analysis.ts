import { bytesOf } from '../tensor/index.js';
import { resultsOf, type Program, type ValueId } from './program.js';

/** Values that are the same in every run: they depend on neither feeds nor state. Engines compute them once. */
export function constantValues(program: Program): Set<ValueId> {
  const constants = new Set<ValueId>();
  for (const node of program.nodes) {
    if (node.kind !== 'op') continue;
    if (node.inputs.every((id) => constants.has(id))) node.outputs.forEach((id) => constants.add(id));
  }
  return constants;
}

/**
 * For each node, the values that nothing after it reads: they can be freed when it is done. Results are never listed;
 * a value that nobody reads is listed at the node that computes it.
 */
export function lastUses(program: Program): ValueId[][] {
  const kept = new Set(resultsOf(program));
  const dying: ValueId[][] = program.nodes.map(() => []);
  for (let index = program.nodes.length - 1; index >= 0; index--) {
    const node = program.nodes[index]!;
    for (const id of [...node.inputs, ...node.outputs]) {
      if (kept.has(id)) continue;
      kept.add(id);
      dying[index]!.push(id);
    }
  }
  return dying;
}

/** Options of {@link peakBytes}. */
export interface PeakOptions {
  /** For each node, the updates that replace their tensors when it is done. Default: all of them when the run is over. */
  readonly commits?: readonly (readonly string[])[];
  /** Chooses the values that count. Default: all. */
  readonly counts?: (id: ValueId) => boolean;
}

/**
 * Bytes of intermediate values alive at once, if each is freed after its last use. State and feeds do not count: an update
 * counts until it takes the place of its tensor.
 */
export function peakBytes(program: Program, { commits, counts = () => true }: PeakOptions = {}): number {
  const dying = lastUses(program);
  const outside = new Set(program.nodes.filter(({ kind }) => kind !== 'op').flatMap((node) => node.outputs));
  const bytes = (id: ValueId) => (outside.has(id) || !counts(id) ? 0 : bytesOf(program.values[id]!));
  const replaced = new Set<ValueId>();
  let [current, peak] = [0, 0];
  program.nodes.forEach((node, index) => {
    for (const id of node.outputs) current += bytes(id);
    peak = Math.max(peak, current);
    for (const id of dying[index]!) current -= bytes(id);
    for (const name of commits?.[index] ?? []) {
      const id = program.updates[name]!;
      if (!replaced.has(id)) current -= bytes(id);
      replaced.add(id);
    }
  });
  return peak;
}
