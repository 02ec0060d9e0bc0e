import { isStorage, type DType, type OpName, type OpNode } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';

/** The ops of a chain by number: the same names in the same order as in `kernels/chain-ops.def`. */
export const chainOps = [
  ...(['immediate', 'scalar', 'scalar_bool', 'full', 'full_bool', 'strided', 'strided_bool'] as const),
  ...(['neg', 'abs', 'exp', 'log', 'sqrt', 'rsqrt', 'tanh', 'sigmoid', 'erf', 'silu'] as const),
  ...(['gelu_erf', 'gelu_tanh', 'gelu_erf_grad', 'gelu_tanh_grad'] as const),
  ...(['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'equal', 'less', 'less_equal'] as const),
  ...(['add_i32', 'sub_i32', 'mul_i32', 'maximum_i32', 'minimum_i32'] as const),
  ...(['equal_i32', 'less_i32', 'less_equal_i32', 'and', 'not', 'select'] as const),
  ...(['f32_to_i32', 'f32_to_bool', 'i32_to_f32', 'i32_to_bool', 'bool_to_f32', 'bool_to_i32'] as const),
] as const;

export type ChainOp = (typeof chainOps)[number];

/** The number of an op in a chain's code. */
export const numberOf = (op: ChainOp): number => chainOps.indexOf(op);

const unary = ['neg', 'abs', 'exp', 'log', 'sqrt', 'rsqrt', 'tanh', 'sigmoid', 'erf', 'silu'] as const;
const arithmetic = ['add', 'sub', 'mul', 'maximum', 'minimum'] as const;
const comparisons = { equal: 'equal', less: 'less', lessEqual: 'less_equal' } as const;
const logic = { logicalAnd: 'and', logicalNot: 'not', select: 'select', div: 'div' } as const;

/** The op of a chain for each op of a program, if it depends on no dtype. */
const plain = new Map<OpName, ChainOp>([
  ...unary.map((op) => [op, op] as const),
  ...(Object.entries(logic) as [OpName, ChainOp][]),
]);

/** The ops for f32 and i32 operands. */
const typed = new Map<OpName, { readonly f32: ChainOp; readonly i32: ChainOp }>([
  ...arithmetic.map((op) => [op, { f32: op, i32: `${op}_i32` }] as const),
  ...(Object.entries(comparisons) as ['equal', 'equal'][]).map(
    ([op, name]) => [op, { f32: name, i32: `${name}_i32` }] as const,
  ),
]);

/** Ops of programs that a chain computes. */
export const elementwise: readonly OpName[] = [
  ...plain.keys(),
  ...typed.keys(),
  ...(['cast', 'gelu', 'geluGrad'] as const),
];

const isElementwise: ReadonlySet<OpName> = new Set(elementwise);

const cheap: ReadonlySet<OpName> = new Set<OpName>([
  ...(['neg', 'abs', 'add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'cast'] as const),
  ...(['equal', 'less', 'lessEqual', 'logicalAnd', 'logicalNot', 'select'] as const),
]);

/** True for an op that costs no more than to read a number from memory. */
export const isCheap = (op: OpName): boolean => cheap.has(op);

/**
 * How a chain computes a node: an op, or its operand as it is. `undefined` where it does not.
 */
export function chainOpOf(graph: RuleGraph, node: OpNode): ChainOp | 'same' | undefined {
  if (!isElementwise.has(node.op)) return undefined;
  const [input] = node.inputs;
  const from = graph.spec(input!).dtype;
  if (node.op === 'cast') {
    const to = node.attrs['dtype'] as DType;
    if (isStorage(from) || isStorage(to)) return undefined;
    return from === to ? 'same' : (`${from}_to_${to}` as ChainOp);
  }
  const form = node.attrs['approximate'] === 'tanh' ? 'tanh' : 'erf';
  if (node.op === 'gelu') return `gelu_${form}`;
  if (node.op === 'geluGrad') return `gelu_${form}_grad`;
  return plain.get(node.op) ?? typed.get(node.op)?.[from === 'i32' ? 'i32' : 'f32'];
}
