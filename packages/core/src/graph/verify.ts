import { AttuneError } from '../errors/index.js';
import { opDefinition, ops, type OpName } from '../ops/index.js';
import { formatSpec, sameSpec, type TensorSpec } from '../tensor/index.js';
import type { Program, ProgramNode, ValueId } from './program.js';

/** Faults of one node, given the values that nodes before it yield. */
function faultsOfNode(
  program: Program,
  node: ProgramNode,
  index: number,
  defined: ReadonlySet<ValueId>,
): string[] {
  const where = `node ${index} (${node.op})`;
  if (!Object.hasOwn(ops, node.op)) return [`${where}: there is no such op.`];
  const early = node.inputs.filter((id) => !defined.has(id));
  if (early.length > 0)
    return [`${where}: reads ${early.map((id) => `value ${id}`).join(', ')} before it is computed.`];
  if (node.op === 'feed' || node.op === 'state') {
    const name = String(node.attrs['name']);
    const declared = (node.op === 'feed' ? program.feeds : program.state)[name];
    if (!declared) return [`${where}: "${name}" is not declared among the program's inputs.`];
    const value = program.values[node.outputs[0]!];
    if (!value || !sameSpec(declared, value))
      return [`${where}: "${name}" is declared as ${formatSpec(declared)}, but used otherwise.`];
  }
  let inferred: readonly TensorSpec[];
  try {
    inferred = opDefinition(node.op).infer(
      node.inputs.map((id) => program.values[id]!),
      node.attrs,
    );
  } catch (error) {
    return [`${where}: ${error instanceof Error ? error.message : String(error)}`];
  }
  if (inferred.length !== node.outputs.length) {
    return [`${where}: yields ${inferred.length} values, but names ${node.outputs.length}.`];
  }
  return inferred.flatMap((spec, i) => {
    const stored = program.values[node.outputs[i]!];
    return stored && sameSpec(stored, spec)
      ? []
      : [
          `${where}: yields ${formatSpec(spec)}, but is recorded as ${stored ? formatSpec(stored) : 'nothing'}.`,
        ];
  });
}

/**
 * Every fault of a program: unknown ops, values used before they exist or defined twice, shapes and dtypes that do not
 * follow from the ops, results that nothing computes. An empty list means that it is well formed.
 */
export function programFaults(program: Program): string[] {
  const faults: string[] = [];
  const defined = new Set<ValueId>();
  program.nodes.forEach((node, index) => {
    for (const fault of faultsOfNode(program, node, index, defined)) faults.push(fault);
    for (const id of node.outputs) {
      if (defined.has(id)) faults.push(`node ${index} (${node.op}): value ${id} is computed twice.`);
      defined.add(id);
    }
  });
  for (const [kind, results] of [
    ['output', program.outputs],
    ['update', program.updates],
  ] as const) {
    for (const [name, id] of Object.entries(results)) {
      if (!defined.has(id)) faults.push(`${kind} "${name}": nothing computes value ${id}.`);
    }
  }
  for (const [name, id] of Object.entries(program.updates)) {
    const declared = program.state[name];
    const value = program.values[id];
    if (!declared) faults.push(`update "${name}": the program declares no such state.`);
    else if (value && !sameSpec(declared, value)) {
      faults.push(
        `update "${name}": the state is ${formatSpec(declared)}, but the value ${formatSpec(value)}.`,
      );
    }
  }
  if (program.guard !== undefined) {
    const value = program.values[program.outputs[program.guard] ?? -1];
    if (!value || !sameSpec(value, { shape: [], dtype: 'bool' })) {
      faults.push(
        `guard "${program.guard}": must be an output of bool[], but is ${value ? formatSpec(value) : 'none'}.`,
      );
    }
  }
  return faults;
}

/** @throws AttuneError INVALID_PROGRAM that lists every fault. */
export function verify(program: Program): void {
  const faults = programFaults(program);
  if (faults.length === 0) return;
  throw new AttuneError(
    'INVALID_PROGRAM',
    `Program "${program.name}" has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n  ${faults.join('\n  ')}`,
    { data: { faults } },
  );
}

/** Ops of a program that are not in `supported`, each once, in order of first use. */
export function missingOps(program: Program, supported: ReadonlySet<OpName>): OpName[] {
  return [...new Set(program.nodes.map((node) => node.op))].filter((op) => !supported.has(op));
}
