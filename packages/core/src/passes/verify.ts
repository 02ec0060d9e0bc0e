import { isOpName, opDefinition } from '../builder/op-definition.js';
import { AttuneError } from '../errors/index.js';
import type { OpName } from '../ops/table.js';
import { opNodes, type InputNode, type Program, type ProgramNode, type ValueId } from '../program/program.js';
import { formatSpec, sameSpec, type TensorSpec } from '../tensor/index.js';
import { plural } from '../text/plural.js';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isIds = (value: unknown) => Array.isArray(value) && value.every(Number.isInteger);

/** Why a node is none of the three kinds there are. Nothing more can be said of one that is not. */
function malformation(node: unknown): string | undefined {
  if (!isRecord(node)) return 'is no node.';
  const { kind, name, op, attrs, inputs, outputs } = node;
  if (!isIds(inputs) || !isIds(outputs)) return 'inputs and outputs must be lists of values.';
  if (kind === 'op') {
    if (typeof op !== 'string' || !isOpName(op)) return 'there is no such op.';
    return isRecord(attrs) ? undefined : 'has no attributes.';
  }
  if (kind !== 'feed' && kind !== 'state') return 'is neither a feed nor a state nor an op.';
  if (typeof name !== 'string') return 'has no name.';
  const isInput = (inputs as unknown[]).length === 0 && (outputs as unknown[]).length === 1;
  return isInput ? undefined : 'takes no values, and yields one.';
}

const isSpec = (value: TensorSpec | undefined): value is TensorSpec =>
  isRecord(value) && Array.isArray(value.shape) && typeof value.dtype === 'string';

/** Faults of a feed or a state: it has to be declared, as it is used. */
function faultsOfInput(program: Program, { kind, name, outputs }: InputNode): string[] {
  const declarations = kind === 'feed' ? program.feeds : program.state;
  const declared = Object.hasOwn(declarations, name) ? declarations[name] : undefined;
  if (!isSpec(declared)) return [`"${name}" is not declared among the program's inputs.`];
  const value = program.values[outputs[0]];
  if (!isSpec(value) || !sameSpec(declared, value))
    return [`"${name}" is declared as ${formatSpec(declared)}, but used otherwise.`];
  const isShape = declared.shape.every((length) => Number.isInteger(length) && length >= 0);
  return isShape ? [] : [`[${declared.shape.join(', ')}] is not a shape.`];
}

/** Faults of one node that is well formed, given the values that nodes before it yield. */
function faultsOfNode(program: Program, node: ProgramNode, defined: ReadonlySet<ValueId>): string[] {
  if (node.kind !== 'op') return faultsOfInput(program, node);
  const early = node.inputs.filter((id) => !defined.has(id));
  if (early.length > 0)
    return [`reads ${early.map((id) => `value ${id}`).join(', ')} before it is computed.`];
  const nothing = node.inputs.filter((id) => !isSpec(program.values[id]));
  if (nothing.length > 0)
    return [`reads ${nothing.map((id) => `value ${id}`).join(', ')}, which has no spec.`];
  let inferred: readonly TensorSpec[];
  try {
    inferred = opDefinition(node.op).infer(
      node.inputs.map((id) => program.values[id]!),
      node.attrs,
    );
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  if (inferred.length !== node.outputs.length) {
    return [`yields ${inferred.length} values, but names ${node.outputs.length}.`];
  }
  return inferred.flatMap((spec, i) => {
    const stored = program.values[node.outputs[i]!];
    if (isSpec(stored) && sameSpec(stored, spec)) return [];
    return [
      `yields ${formatSpec(spec)}, but is recorded as ${isSpec(stored) ? formatSpec(stored) : 'nothing'}.`,
    ];
  });
}

/**
 * Every fault of a program: malformed nodes, unknown ops, values used before they exist or defined twice, shapes and dtypes that do not
 * follow from the ops, results that nothing computes. An empty list means that it is well formed.
 */
export function programFaults(program: Program): string[] {
  const faults: string[] = [];
  const defined = new Set<ValueId>();
  program.nodes.forEach((node, index) => {
    const malformed = malformation(node);
    const where = `node ${index}${isRecord(node) ? ` (${String(node.op ?? node.kind)})` : ''}`;
    const own = malformed === undefined ? faultsOfNode(program, node, defined) : [malformed];
    for (const fault of own) faults.push(`${where}: ${fault}`);
    // What a malformed node yields is taken as computed: what reads it is not at fault.
    const outputs = isRecord(node) && isIds(node.outputs) ? node.outputs : [];
    for (const id of outputs) {
      if (defined.has(id)) faults.push(`${where}: value ${id} is computed twice.`);
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
    else if (isSpec(value) && !sameSpec(declared, value)) {
      faults.push(
        `update "${name}": the state is ${formatSpec(declared)}, but the value ${formatSpec(value)}.`,
      );
    }
  }
  if (program.guard !== undefined) {
    const value = program.values[program.outputs[program.guard] ?? -1];
    if (!isSpec(value) || !sameSpec(value, { shape: [], dtype: 'bool' })) {
      faults.push(
        `guard "${program.guard}": must be an output of bool[], but is ${isSpec(value) ? formatSpec(value) : 'none'}.`,
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
    `Program "${program.name}" has ${plural(faults.length, 'fault')}:\n  ${faults.join('\n  ')}`,
    { data: { faults } },
  );
}

/** Ops of a program that are not in `supported`, each once, in order of first use. */
export function missingOps(program: Program, supported: ReadonlySet<OpName>): OpName[] {
  const used = new Set(opNodes(program).map(({ op }) => op));
  return [...used].filter((op) => !supported.has(op));
}
